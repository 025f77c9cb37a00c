"""Imports of customers, and pairs of files that may be one, as their pages show them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.customers.choices import ImportState
from bihuan.domain.customers.queries.imports import ImportRow, RejectedLine, own_titles
from bihuan.domain.customers.queries.pairs import PairRow
from bihuan.domain.customers.queries.profile import CustomerProfile
from bihuan.domain.customers.rules.columns import FIELDS
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.customers import hidden
from bihuan.surfaces.workspace.sheets.evidence import EVIDENCE

STATES: Final = {str(value): str(label) for value, label in ImportState.choices}
TONES: Final = {"DONE": "ok", "STOPPED": "over", "MAPPING": "warn", "RUNNING": "brand"}
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（带 BOM）",
    "utf-16": "UTF-16",
    "gb18030": "GB18030",
}
DELIMITERS: Final = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}
KINDS: Final = {"XLSX": "Excel", "JSON": "JSON", "CSV": "CSV"}
COUNTS: Final = (
    ("created", "新客户", "ok"),
    ("matched", "并入已有档案", "ok"),
    ("changed", "更新", ""),
    ("unchanged", "没有变化", ""),
    ("rejected", "待修正", "over"),
)
# The row of the comparison that a piece of evidence is about.
_ABOUT: Final = {
    "same_identifier": "证件",
    "same_account": "户号",
    "same_phone": "电话",
    "same_mail": "邮箱",
    "same_home": "地址",
    "证件号相同": "证件",
    "统一社会信用代码相同": "证件",
    "电话相同": "电话",
    "邮箱相同": "邮箱",
    "住址到门户相同": "地址",
}


def import_line(row: ImportRow, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one file of the list."""
    return {
        "address": reverse("customer-import", args=[row.id]),
        "name": row.file_name,
        "source": row.source,
        "state": STATES[row.state],
        "tone": TONES[row.state],
        "share": row.share,
        "rows": row.lines_done,
        "rejected": row.rejected,
        "by": names.get(row.by, "系统"),
        "at": row.created_at,
    }


def import_sheet(row: ImportRow, unit_name: str) -> dict[str, Any]:
    """Return the page of one file."""
    return {
        "id": row.id,
        "name": row.file_name,
        "source": row.source,
        "unit": unit_name,
        "state": row.state,
        "state_title": STATES[row.state],
        "tone": TONES[row.state],
        "layout": _layout(row),
        "share": row.share,
        "done": row.lines_done,
        "total": row.lines_total,
        "trouble": row.trouble,
        "counts": [(title, getattr(row, name), tone) for name, title, tone in COUNTS],
        "repeated": row.repeated,
        "columns": [(name, row.columns.get(name, "")) for name in row.heading],
    }


def _layout(row: ImportRow) -> str:
    parts = [
        KINDS[row.kind],
        ENCODINGS.get(row.encoding, row.encoding),
        DELIMITERS.get(row.delimiter, ""),
    ]
    return " · ".join(part for part in [*parts, f"{len(row.heading)} 列"] if part)


def field_options() -> list[tuple[str, str]]:
    """Return what a column may be, those of packs behind."""
    own = [(f"attribute.{key}", title) for title, key in own_titles().items()]
    return [*FIELDS.items(), *own]


def columns_typed(posted: QueryDict) -> dict[str, str]:
    """Return the field chosen for each column; `column.3` is named by `name.3`."""
    numbers = [name.partition(".")[2] for name in posted if name.startswith("column.")]
    chosen = {posted.get(f"name.{n}", ""): posted.get(f"column.{n}", "") for n in numbers}
    return {name: field for name, field in chosen.items() if field}


def rejected_sheet(
    line: RejectedLine,
    columns: Mapping[str, str],
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a line to be repaired: what is wrong beside its column, what was typed kept."""
    problems = dict(line.problems if wrong is None else wrong)
    values = {**line.cells, **(typed or {})}
    fields, told = [], set()
    for nth, (column, value) in enumerate(values.items()):
        field = columns.get(column, "")
        error = problems.get(field, "") if field not in told else ""
        told |= {field} if error else set()
        if field:
            fields.append({"nth": nth, "column": column, "value": value, "error": error})
    rest = [said for field, said in problems.items() if field not in told]
    return {
        "id": line.id,
        "line": line.line,
        "fields": fields,
        "rest": rest,
        "said": list(problems.values()),
    }


def cells_typed(posted: QueryDict, heading: Sequence[str]) -> dict[str, str]:
    """Return the cells of a repaired line by column."""
    return {
        column: str(posted[f"cell.{nth}"])
        for nth, column in enumerate(heading)
        if f"cell.{nth}" in posted
    }


def pair_line(row: PairRow, chosen: int) -> dict[str, Any]:
    """Return one pair of the queue."""
    return {
        "id": row.id,
        "left": row.left_name,
        "right": row.right_name,
        "share": round(row.score * 100),
        "why": "、".join(EVIDENCE.get(name, name) for name, weight in row.evidence if weight > 0),
        "on": row.id == chosen,
    }


def pair_sheet(row: PairRow, left: CustomerProfile, right: CustomerProfile) -> dict[str, Any]:
    """Return two files side by side: row by row, the same and the different marked."""
    evidence = [(EVIDENCE.get(name, name), weight > 0) for name, weight in row.evidence]
    same = {about for name, weight in row.evidence if weight > 0 and (about := _ABOUT.get(name))}
    one, other = _facets(left), _facets(right)
    return {
        "id": row.id,
        "share": round(row.score * 100),
        "evidence": evidence,
        "left": _side(left),
        "right": _side(right),
        "rows": [
            {
                "title": title,
                "left": one.get(title, []),
                "right": other.get(title, []),
                "mark": _mark(title, one, other, same),
            }
            for title in dict.fromkeys([*one, *other])
        ],
    }


def _side(profile: CustomerProfile) -> dict[str, Any]:
    card = profile.card
    return {
        "id": card.id,
        "name": card.name,
        "number": f"C-{card.id:06d}",
        "address": reverse("customer", args=[card.id]),
        "at": card.created_at,
        "sources": list(dict.fromkeys(row.source for row in profile.origins)) or ["人工录入"],
    }


def _facets(profile: CustomerProfile) -> dict[str, list[str]]:
    card = profile.card
    found: dict[str, list[str]] = {"名称": [card.name], "类别": [card.kind_title]}
    for point in card.contacts:
        title = words.CONTACT_KINDS.get(point.kind, point.kind)
        shown = hidden(point.value) if point.kind == "PHONE" else point.value
        found.setdefault(title, []).append(shown)
    for number in profile.identifiers:
        found.setdefault("证件", []).append(f"{number.title} {number.masked}")
    if card.accounts:
        found["户号"] = [account.number for account in card.accounts]
    for field in profile.fields:
        if field.key.startswith("attributes."):
            found[field.title] = [field.value]
    return found


def _mark(
    title: str, one: Mapping[str, list[str]], other: Mapping[str, list[str]], same: set[str]
) -> str:
    left, right = one.get(title), other.get(title)
    if not left or not right:
        return ""
    if title in same:
        return "same"
    # Two numbers may look alike under their masks and differ.
    is_masked = any("*" in value for value in (*left, *right))
    return "same" if set(left) & set(right) and not is_masked else "other"
