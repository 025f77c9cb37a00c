"""The intake page: what is typed, the class picker, who it may be, what was promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict

from bihuan.domain.cases.choices import REFERRED
from bihuan.domain.cases.queries import CaseRow, ClassNode, Duplicate
from bihuan.domain.customers.queries import CustomerRow
from bihuan.domain.portfolios.queries.signers import ClosedFile
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet
from bihuan.surfaces.workspace.sheets.customers import hidden
from bihuan.surfaces.workspace.sheets.fields import FieldSheet

CHANNELS: Final = ("PHONE", "COUNTER", "ONSITE", "WECHAT", "WEB", "SMS", "EMAIL", "LETTER", "FAX",
                   "INTERNAL", "GOVERNMENT", "SOCIAL", "SUPERIOR", "MEDIA", "OTHER")  # fmt: skip
URGENCIES: Final = (("1", "不急"), ("2", "较急"), ("3", "紧急"))
KEPT: Final = (
    "pack", "contact_name", "contact_phone", "channel", "urgency", "title", "address",
    "occurred_at", "description", "customer_id", "class_1", "class_2", "class_3",
    "sender", "reference", "reply_due_at", "is_petition", "headcount", "raised_before",
    "first_raised_on", "people", "petition_note", "same_as", "answer", "entry", "asked",
)  # fmt: skip
REQUIRED: Final[Mapping[str, str]] = {
    "contact_name": "联系人",
    "contact_phone": "回拨号码",
    "title": "一句话标题",
    "description": "诉求描述",
}
DEFAULTS: Final[Mapping[str, str]] = {"urgency": "2", "channel": "PHONE"}
COLUMN_TITLES: Final = ("一级分类", "二级分类", "三级分类")
TITLE_LENGTH: Final = 120


SHAPES: Final[Sequence[tuple[str, str, dict[str, Any]]]] = (
    ("contact_name", "联系人", {"required": True, "width": "", "max_length": 40}),
    ("contact_phone", "回拨号码", {"required": True, "width": "", "kind": "phone"}),
    ("urgency", "紧急程度", {"kind": "choice", "options": URGENCIES}),
    (
        "channel",
        "来源渠道",
        {"kind": "choice", "options": [(c, words.CHANNELS[c]) for c in CHANNELS], "width": ""},
    ),
    ("title", "一句话标题", {"required": True, "width": "w3", "max_length": TITLE_LENGTH}),
    ("address", "发生地点", {"width": "w3", "max_length": 200}),
    ("occurred_at", "发生时间", {"kind": "moment", "width": ""}),
    (
        "description",
        "诉求描述",
        {
            "required": True,
            "kind": "text",
            "width": "w4",
            "max_length": 2000,
            "hint": "用客户原话，不写判断",
        },
    ),
)


REFERRAL_SHAPES: Final[Sequence[tuple[str, str, dict[str, Any]]]] = (
    ("sender", "来文单位", {"required": True, "width": "", "max_length": 120}),
    ("reference", "来文编号", {"width": "", "max_length": 80}),
    ("reply_due_at", "要求答复时间", {"kind": "moment", "width": ""}),
)
PETITION_SHAPES: Final[Sequence[tuple[str, str, dict[str, Any]]]] = (
    ("headcount", "人数", {"required": True, "kind": "number", "width": ""}),
    ("raised_before", "此前反映次数", {"kind": "number", "width": ""}),
    ("first_raised_on", "首次反映日期", {"kind": "date", "width": ""}),
    (
        "people",
        "参与人",
        {
            "kind": "text",
            "width": "w4",
            "max_length": 20_000,
            "placeholder": "一人一行：姓名 手机号，第一行是代表",
        },
    ),
    ("petition_note", "现场情况", {"kind": "text", "width": "w4", "max_length": 1000}),
)
IS_PETITION: Final[Sequence[tuple[str, str, dict[str, Any]]]] = (
    ("is_petition", "群体", {"kind": "choices", "options": (("1", "多人共同反映"),), "width": ""}),
)


LABELS: Final[Mapping[str, str]] = {
    **{name: label for name, label, _shape in (*SHAPES, *REFERRAL_SHAPES, *PETITION_SHAPES)},
    "class_code": "诉求分类",
    "answer": "当场答复",
}


@dataclass(frozen=True, slots=True)
class Intake:
    """The form as it stands."""

    fields: Sequence[FieldSheet]
    arrival: Sequence[FieldSheet] = ()
    answer: str = ""
    answer_error: str = ""
    entry: str = ""
    saved: str = ""
    missing: Sequence[tuple[str, str]] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ClassItem:
    """One class in a column of the picker."""

    code: str
    name: str
    on: bool
    limit: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One level of the picker."""

    name: str
    title: str
    items: Sequence[ClassItem]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Picker:
    """The three-level class picker; `code` is what was chosen, empty while a level is open."""

    columns: Sequence[Column]
    code: str
    chosen_path: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is not closed, or may be the same request."""

    number: str
    title: str
    address: str
    state: str
    unit: str
    opened_at: Any
    chip: ChipSheet = NO_CHIP
    share: int = 0
    why: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Who it may be, what of theirs is open, and what may be the same request."""

    asked: bool
    customers: Sequence[Mapping[str, Any]]
    chosen: int | None
    open: Sequence[OpenCase]
    duplicates: Sequence[OpenCase]
    same_as: str = ""
    may_join: bool = False
    closed: Sequence[ClosedFile] = ()


def typed(posted: QueryDict | Mapping[str, str]) -> dict[str, str]:
    """Return what was typed into the form, trimmed."""
    found = {name: str(posted.get(name, "") or "").strip() for name in KEPT}
    if isinstance(posted, QueryDict):
        found["asked"] = "|".join(str(one) for one in posted.getlist("ask"))
    return {name: value or DEFAULTS.get(name, "") for name, value in found.items()}


def missing(values: Mapping[str, str], class_code: str) -> dict[str, str]:
    """Return what must be filled in before saving, by field."""
    found = {name: f"填写{label}" for name, label in REQUIRED.items() if not values[name]}
    if not class_code:
        found["class_code"] = "选到最后一级"
    if values["channel"] in REFERRED and not values["sender"]:
        found["sender"] = "填写来文单位"
    return found


def fields(values: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldSheet]:
    """Return the fields of the form, keeping what was typed."""
    return _drawn(SHAPES, values, errors)


def arrival(values: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldSheet]:
    """Return what is asked beyond of somebody else's letter, and of many people at once."""
    shapes = [*(REFERRAL_SHAPES if values["channel"] in REFERRED else ()), *IS_PETITION]
    return _drawn([*shapes, *(PETITION_SHAPES if values["is_petition"] else ())], values, errors)


def _drawn(
    shapes: Sequence[tuple[str, str, dict[str, Any]]],
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> list[FieldSheet]:
    return [
        FieldSheet(name=name, label=label, value=values[name], error=errors.get(name, ""), **shape)
        for name, label, shape in shapes
    ]


def picker(nodes: Sequence[ClassNode], values: Mapping[str, str], error: str = "") -> Picker:
    """Return the picker with what is chosen; a choice under another parent no longer counts."""
    columns: list[Column] = []
    chosen: list[ClassNode] = []
    parent: str | None = ""
    for level, title in enumerate(COLUMN_TITLES, start=1):
        here = [one for one in nodes if one.parent_code == parent] if parent is not None else []
        name = f"class_{level}"
        picked = next((one for one in here if one.code == values.get(name)), None)
        hint = "先选左边" if parent is None or not chosen else "不再细分"
        columns.append(Column(name, title, [_item(one, picked, nodes) for one in here], hint))
        parent = picked.code if picked else None
        chosen += [picked] if picked else []
    code = chosen[-1].code if chosen and not _children(chosen[-1], nodes) else ""
    return Picker(columns, code, " › ".join(one.name for one in chosen), error)


def _item(node: ClassNode, picked: ClassNode | None, nodes: Sequence[ClassNode]) -> ClassItem:
    goes_on = _children(node, nodes)
    limit = "" if goes_on else limit_title(node.limit)
    return ClassItem(node.code, node.name, node is picked, limit, goes_on)


def _children(node: ClassNode, nodes: Sequence[ClassNode]) -> bool:
    return any(one.parent_code == node.code for one in nodes)


def limit_title(limit: str) -> str:
    """Write a limit as packs do (`1wd`, `PT2H`) in the words of the page."""
    pairs = (("PT", ""), ("P", ""), ("wd", " 工日"), ("H", "时"), ("D", " 天"), ("M", "分"),
             ("h", "时"), ("m", "分"))  # fmt: skip
    for sign, word in pairs:
        limit = limit.replace(sign, word)
    return limit


def first_unit_values(values: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed under the names that first units commonly ask for it."""
    given = {
        "contact_name": values["contact_name"],
        "contact_phone": values["contact_phone"],
        "title": values["title"],
        "request_summary": values["description"],
        "description": values["description"],
        "address": values["address"],
        "occurred_at": values["occurred_at"],
        "channel": values["channel"],
        "urgency": values["urgency"],
    }
    return {name: value for name, value in given.items() if value}


def candidate(row: CustomerRow) -> dict[str, Any]:
    """Return a customer as the list of candidates shows one."""
    return {
        "id": row.id,
        "name": row.name,
        "kind": words.CUSTOMER_KINDS.get(row.kind, row.kind),
        "phone": hidden(row.phone),
        "account": row.account_number,
        "place": row.address,
    }


def open_case(row: CaseRow, chip: ChipSheet = NO_CHIP) -> OpenCase:
    """Return a case for the list of open ones."""
    return OpenCase(
        number=row.number,
        title=row.title,
        address=case_address(row.number),
        state=row.state_title,
        unit=row.current_units or row.state_title,
        opened_at=row.opened_at,
        chip=chip,
    )


def duplicate(found: Duplicate) -> OpenCase:
    """Return a likely duplicate."""
    row = found.row
    return OpenCase(
        number=row.number,
        title=row.title,
        address=case_address(row.number),
        state=row.state_title,
        unit=row.current_units,
        opened_at=row.opened_at,
        share=round(found.likeness * 100),
        why=found.why,
        is_own=found.is_own,
    )
