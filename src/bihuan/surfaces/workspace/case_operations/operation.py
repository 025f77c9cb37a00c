"""What every operation on a whole case is: where it is offered, what it asks, what it does."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.cases import queries
from bihuan.domain.cases.queries import CaseView, Probe
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import Invalid, NotFound
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import chosen
from bihuan.surfaces.workspace.sheets.dialogs import LEAST, Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

FEW = 8


class CaseOperation(ABC):
    """One operation on a case. `code` is what `cases.queries.case_operations` calls it."""

    code: ClassVar[str]
    title: ClassVar[str]
    sign: ClassVar[str]
    consequence: ClassVar[str]
    group: ClassVar[str]
    done: ClassVar[str]
    reasons: ClassVar[Sequence[str]] = ()
    least: ClassVar[int] = LEAST
    reason_label: ClassVar[str] = "说明"
    asks_reason: ClassVar[bool] = True
    # Decides on how the case stands: refused when somebody else was faster (decision 0221).
    decides: ClassVar[bool] = False
    moves_process: ClassVar[bool] = False

    @property
    def verb(self) -> str:
        """Return its word in addresses."""
        return self.code.replace("_", "-")

    def address(self, number: str) -> str:
        """Return where its dialog is asked for and sent."""
        return reverse("case-operation", args=[number, self.verb])

    def dialog(self, view: CaseView, desk: Desk, said: QueryDict) -> Dialog:
        """Return the dialog; `said` is what the address that asks for it says beforehand."""
        return Dialog(
            address=self.address(view.row.number),
            sign=self.sign,
            title=f"{self.title}：{view.row.number}",
            verb=self.title,
            consequence=self.consequence,
            reasons=self.reasons,
            least=self.least,
            reason_label=self.reason_label,
            asks_reason=self.asks_reason,
            fields=self.fields(view, desk, said),
            lines=[_shown(line, view) for line in self.lines(view, desk, said)],
            kept=self.kept(said),
            key=new_key(),
        )

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Return what the dialog asks beside the reason."""
        return ()

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Return what a person should know before deciding."""
        return ()

    def told(self, view: CaseView, desk: Desk, said: QueryDict) -> str:
        """Return what is said once it is done; asked beforehand."""
        return self.done

    def kept(self, said: QueryDict) -> Sequence[tuple[str, str]]:
        """Return what the dialog sends back unseen."""
        return ()

    @abstractmethod
    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Do it, or raise a refusal."""


def _shown(line: str, view: CaseView) -> str:
    return line if view.sees_phones else mask_text(line)


class CaseNotFound(Invalid):
    """The number typed is no case that this person sees."""

    message = "没有找到这张工单，请填完整的单号。"

    def __init__(self, name: str) -> None:
        super().__init__(fields={name: "没有这个单号，或不在您的查看范围内"})


def case_field(name: str, label: str, options: Options, value: str = "") -> FieldSheet:
    """Return a field for another case: its number is typed, or one of the likely ones chosen."""
    return FieldSheet(
        name=name,
        label=label,
        kind="case",
        options=options,
        value=value,
        placeholder="单号，例如 261118-0387",
        required=True,
        width="w6",
    )


def likely_cases(view: CaseView, desk: Desk) -> Options:
    """Return the cases that may be the same request, for a list of suggestions."""
    probe = Probe(
        pack=view.pack,
        title=view.row.title,
        description=view.description,
        customer_id=view.row.customer_id,
        not_case_id=view.row.id,
    )
    found = queries.find_duplicates(desk.access, probe, at=desk.at, days=30, size=FEW)
    return [(one.row.number, f"{one.row.title}（{one.row.state_title}）") for one in found]


def other_case(desk: Desk, dialog: Dialog, name: str) -> CaseView:
    """Return the case a field names, or refuse."""
    number = chosen(dialog, name).upper()
    try:
        return queries.case_view(desk.access, number)
    except NotFound as missing:
        raise CaseNotFound(name) from missing


def text(name: str, label: str, value: str = "", *, required: bool = True) -> FieldSheet:
    """Return a field for several lines."""
    return FieldSheet(
        name=name,
        label=label,
        kind="text",
        value=value,
        required=required,
        max_length=2000,
        width="w6",
    )


def needed(dialog: Dialog, *names: str) -> list[str]:
    """Return what was typed in some fields; refuse with all that are empty."""
    said = {name: chosen(dialog, name) for name in names}
    empty = {name: "请填写" for name, value in said.items() if not value}
    if empty:
        raise Invalid("还有没填的内容。", fields=empty)
    return list(said.values())
