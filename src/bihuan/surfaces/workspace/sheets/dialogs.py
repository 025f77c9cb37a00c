"""Confirmations with a reason (DESIGN.md §4.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from django.http import QueryDict

from bihuan.engines.contacting import Clearance
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.phrases import moment
from bihuan.surfaces.workspace.sheets.fields import FieldSheet

OTHER: Final = "其他"
WHY_A_NUMBER: Final = ("回拨客户", "核对身份", "上门联系", OTHER)
LEAST: Final = 10
LONGEST: Final = 500
LONGEST_TEXT: Final = 4000
LONGEST_KEY: Final = 64
DESPITE: Final = "despite"


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong in a dialog."""

    choice: str = ""
    reason: str = ""


def new_key() -> str:
    """Return the name of one request: sent twice, it is carried out once."""
    return uuid4().hex


def number_dialog(address: str, name: str) -> "Dialog":
    """Return the question why somebody's whole phone number is needed."""
    return Dialog(
        address=address,
        sign="eye",
        title="看完整号码",
        verb="看号码",
        consequence=f"客户 {name}。查看人、时间和原因会记入留痕。",
        reasons=WHY_A_NUMBER,
        least=4,
    )


def warned(dialog: "Dialog", stands: Clearance) -> "Dialog":
    """Return a dialog that leads to a contact, with what stands against it now and the question why nevertheless."""
    if stands.is_free:
        return dialog
    later = ""
    if stands.until is not None:
        later = f"，{moment(stands.until)} 以后再联系"
    why = FieldSheet(
        name=DESPITE, label="仍要现在联系的原因", required=True, max_length=200, width="w6"
    )
    return replace(
        dialog,
        warning=f"{stands.why}{later}。确需现在联系，写明原因，会记入留痕。",
        fields=[*dialog.fields, why],
    )


def erase_dialog(address: str, name: str) -> "Dialog":
    """Return the question whether a customer is made anonymous for good."""
    return Dialog(
        address=address,
        sign="eraser",
        title="匿名化客户资料",
        verb="匿名化，不可恢复",
        consequence=f"{name}：姓名、联系方式、证件、地址、备注和来源资料全部抹去，并入本档案的也一样。",
        lines=(
            "户号、合同编号和金额、工单编号和经过按法规保留，但不再指向这个人。",
            "做完不能撤销，合并也不能再撤销；来源系统里的资料要另行删除。",
        ),
        reasons=("客户本人要求", "保存期限已过", OTHER),
        least=4,
        key=new_key(),
    )


@dataclass(frozen=True, slots=True)
class Dialog:
    """One confirmation: title and button are verb and object; a reason is chosen and explained.

    Where what is written is no reason but the thing itself (`is_text`, a mail), it comes first and has room.
    """

    address: str
    sign: str
    title: str
    verb: str
    consequence: str
    reasons: Sequence[str] = ()
    least: int = LEAST
    fields: Sequence[FieldSheet] = ()
    choice: str = ""
    reason: str = ""
    refusal: str = ""
    warning: str = ""
    errors: Errors = field(default_factory=Errors)
    lines: Sequence[str] = ()
    kept: Sequence[tuple[str, str]] = ()
    key: str = ""
    reason_label: str = "说明"
    asks_reason: bool = True
    is_text: bool = False

    @property
    def longest(self) -> int:
        """Return how many characters may be written."""
        return LONGEST_TEXT if self.is_text else LONGEST

    @property
    def whole_reason(self) -> str:
        """Return the reason as it is kept: the choice, then the words."""
        return "，".join(part for part in (self.choice, self.reason) if part)

    def typed(self, posted: QueryDict) -> "Dialog":
        """Return the dialog with what was chosen and typed, and what is still missing."""
        choice, reason = posted.get("choice", ""), posted.get("reason", "").strip()
        known = choice if choice in self.reasons else ""
        # A choice that was not asked yet when this was sent stands as it is offered.
        kept = [
            replace(one, value=posted.get(one.name, one.value if one.kind == "choice" else ""))
            for one in self.fields
        ]
        return replace(
            self,
            choice=known,
            reason=reason,
            fields=kept,
            errors=self._errors(known, reason),
            key=posted.get("key", "")[:LONGEST_KEY] or self.key,
        )

    @property
    def is_complete(self) -> bool:
        """Tell whether it may be carried out."""
        return not (self.errors.choice or self.errors.reason)

    def refused(self, refusal: Refused, at_fields: Mapping[str, str] | None = None) -> "Dialog":
        """Return the dialog with the refusal of an action."""
        wrong = {**refusal.fields, **(at_fields or {})}
        kept = [replace(one, error=wrong.get(one.name, "")) for one in self.fields]
        errors = Errors(reason=wrong.get("reason", ""))
        # Said at its field it is not said again below.
        said = {errors.reason, *(one.error for one in kept)}
        message = "" if refusal.message in said else refusal.message
        return replace(self, fields=kept, errors=errors, refusal=message)

    def _errors(self, choice: str, reason: str) -> Errors:
        lacking = self.least - len(reason)
        return Errors(
            choice="选一个原因" if self.reasons and not choice else "",
            reason=f"还差 {lacking} 字，写清为什么" if lacking > 0 else "",
        )
