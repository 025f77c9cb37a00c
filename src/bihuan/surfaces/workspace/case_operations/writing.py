"""Operations that write to a case's customer."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict

from bihuan.domain.cases import actions
from bihuan.domain.cases.queries import CaseView
from bihuan.domain.interactions import queries as interactions
from bihuan.engines.contacting import Clearance
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import chosen
from bihuan.surfaces.workspace.phrases import moment
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet

LONGEST_SHOWN = 300
HURRY = "hurry"
WHY_NOW = "不能等的原因（可不填，填了立即发出）"


class WriteMail(CaseOperation):
    """发邮件: who works on the case writes to its customer; the answer comes back to the case."""

    code, title, sign, group = "write_mail", "发邮件给客户", "mail", "客户"
    consequence = "邮件发给最近来信的人；对方回复后自动回到本工单。发出后不能撤回。"
    reason_label = "邮件内容"
    done = "邮件已提交发送"

    def dialog(self, view: CaseView, desk: Desk, said: QueryDict) -> Dialog:
        """Return the dialog with room for a mail, and a warning while its receiver is not to be disturbed."""
        stands = actions.may_write(view.row.id, at=desk.at)
        waits = "" if stands.is_free else f"{stands.why}，这封邮件{_goes(stands)}。"
        return replace(super().dialog(view, desk, said), is_text=True, warning=waits)

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask why the mail cannot wait, in the receiver's quiet hours."""
        if actions.may_write(view.row.id, at=desk.at).is_free:
            return ()
        return [FieldSheet(name=HURRY, label=WHY_NOW, max_length=200, width="w6")]

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Show what the customer wrote last."""
        last = interactions.last_received(view.ref)
        if last is None or not view.sees_phones:
            return ()
        words = " ".join(last.text.split())
        shown = words[:LONGEST_SHOWN] + ("…" if len(words) > LONGEST_SHOWN else "")
        return [f"最近来信：{shown}"]

    def told(self, view: CaseView, desk: Desk, said: QueryDict) -> str:
        """Say when the mail goes out, where that is not now."""
        stands = actions.may_write(view.row.id, at=desk.at)
        if stands.is_free or said.get(HURRY, "").strip():
            return self.done
        return f"邮件已存好（{_goes(stands)}）"

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Write the mail."""
        actions.write_to_customer(
            case_id=view.row.id,
            text=dialog.whole_reason,
            hurry=chosen(dialog, HURRY),
            by=desk.actor,
            at=desk.at,
        )


def _goes(stands: Clearance) -> str:
    return "不会自动发出" if stands.until is None else f"{moment(stands.until)} 自动发出"
