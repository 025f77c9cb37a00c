"""What the records amount to: who is real, who is false, what must be collected, by source, unit and field."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from bihuan.engines.linkage.records import Verdict
from bihuan.engines.linkage.standard import Flaw

FIELDS = {
    "name": "姓名或名称",
    "id": "证件号",
    "phone": "电话",
    "birth": "出生日期",
    "email": "邮箱",
    "address": "地址",
}
FLAWS = {
    Flaw.MISSING: "缺",
    Flaw.MALFORMED: "写错",
    Flaw.CHECK_DIGIT: "校验不过",
    Flaw.FAKE: "疑假",
    Flaw.INCOMPLETE: "不全",
    Flaw.AMBIGUOUS: "有歧义",
}
VERDICTS = {Verdict.REAL: "真实", Verdict.FALSE: "虚假", Verdict.INCOMPLETE: "资料不足"}


@dataclass(frozen=True, slots=True)
class Line:
    """The records of one source and unit: how many there are of each verdict, and of each flaw of each field."""

    source: str
    unit: str
    records: int
    verdicts: dict[Verdict, int]
    flaws: dict[str, dict[Flaw, int]]

    def to_collect(self, field: str) -> int:
        """Return how many values of a field somebody has to ask the customer for."""
        return sum(self.flaws.get(field, {}).values())


def lines(connection: duckdb.DuckDBPyConnection) -> Sequence[Line]:
    """Count the table `records` by source and unit."""
    counted = connection.execute(
        "select source, coalesce(unit, ''), verdict, count(*) from records group by 1, 2, 3 order by 1, 2"
    ).fetchall()
    found: dict[tuple[str, str], Line] = {}
    for source, unit, verdict, count in counted:
        line = found.get((source, unit)) or Line(source, unit, 0, {}, {})
        verdicts = {**line.verdicts, Verdict(verdict): count}
        found[source, unit] = Line(source, unit, sum(verdicts.values()), verdicts, {})
    _count_flaws(connection, found)
    return list(found.values())


def _count_flaws(connection: duckdb.DuckDBPyConnection, found: dict[tuple[str, str], Line]) -> None:
    asked = "select source, coalesce(unit, ''), flaw, count(*) from (select source, unit, unnest(flaws) as flaw from records) group by 1, 2, 3 order by 1, 2, 3"
    for source, unit, flaw, count in connection.execute(asked).fetchall():
        field, _, kind = flaw.partition(":")
        found[source, unit].flaws.setdefault(field, {})[Flaw(kind)] = count


def as_text(found: Sequence[Line]) -> str:
    """Return the report as a table for a terminal: one line for each source and unit, what to collect by field."""
    fields = [field for field in FIELDS if any(line.to_collect(field) for line in found)]
    header = [
        "来源",
        "机构",
        "记录",
        *VERDICTS.values(),
        *(f"{FIELDS[field]}待补" for field in fields),
    ]
    rows = [
        [line.source, line.unit or "—", str(line.records)]
        + [str(line.verdicts.get(verdict, 0)) for verdict in VERDICTS]
        + [str(line.to_collect(field)) for field in fields]
        for line in found
    ]
    return _columns([header, *rows])


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(_width(row[index]) for row in rows) for index in range(len(rows[0]))]
    padded = [
        [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        for row in rows
    ]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _width(text: str) -> int:
    """Return the columns a text takes on a terminal: Chinese characters take two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
