"""`bihuan process`: what processes did, and their running instances."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from django.conf import settings

from bihuan.config import console, versions
from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.document import Unreadable as UnreadableDiagram
from bihuan.engines.bpmn.model import Process
from bihuan.engines.insight import alignment, csv_log, net, xes
from bihuan.engines.insight.follows import bottlenecks, follows
from bihuan.engines.insight.log import SECONDS_PER_DAY, Log, Unreadable
from bihuan.engines.insight.spread import spread
from bihuan.engines.insight.variants import Variant, variants
from bihuan.kit.problems import Invalid

SHOWN = 20
WAYS_SHOWN = 10
PIECE = 1 << 16


class LogRefused(Invalid):
    """The file holds no readable log."""


@click.group()
def command() -> None:
    """What processes did, told from a log; and moving their instances to another version."""


command.add_command(versions.migrate)
command.add_command(versions.unmigrate)


@dataclass(frozen=True, slots=True)
class Found:
    """What a log says."""

    log: Log
    ways: Sequence[Variant]
    conformance: alignment.Conformance | None

    def keys(self) -> dict[str, object]:
        """Return the figures of the report."""
        took = spread(trace.seconds for trace in self.log.traces)
        keys: dict[str, object] = {
            "cases": len(self.log.traces),
            "events": self.log.events,
            "variants": len(self.ways),
            "top_share": round(self.ways[0].share, 4) if self.ways else 0.0,
            "median_days": round(took.median / SECONDS_PER_DAY, 1),
            "rejected": len(self.log.rejected),
            "passed_over": self.log.passed_over,
        }
        if self.conformance is not None:
            keys["fitness"] = round(self.conformance.fitness, 4)
            keys["agreeing_cases"] = self.conformance.agreeing
            keys["undecided_cases"] = self.conformance.undecided
        return keys


@command.command()
@click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--case", default="", help="CSV: the column with the case.")
@click.option("--activity", default="", help="CSV: the column with what was done.")
@click.option("--time", "moment", default="", help="CSV: the column with when it was done.")
@click.option("--time-zone", default="", help="Of moments without an offset; default: here.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A BPMN file to compare the log with; its first process counts.",
)
@console.as_json
@console.offline
def insight(  # noqa: PLR0913 -- a command has one argument for each option
    *,
    log: Path,
    case: str,
    activity: str,
    moment: str,
    time_zone: str,
    against: Path | None,
    as_json: bool,
) -> int:
    """Tell the variants, times and bottlenecks of an event log: XES, XES.GZ or CSV (.gz as well).

    Nothing is stored. Exit status 1 when lines were rejected; they are listed with their reason.
    """
    columns = csv_log.Columns(case=case, activity=activity, time=moment)
    found = _read(log, columns, _zone(time_zone))
    for one in found.rejected[:SHOWN]:
        click.echo(f"{log.name} 第 {one.line} 行：{one.reason}", err=True)
    if len(found.rejected) > SHOWN:
        click.echo(f"……共 {len(found.rejected)} 行未收", err=True)
    ways = variants(found.traces)
    told = Found(found, ways, _beside(against, ways) if against else None)
    console.report(told.keys(), _text(told), as_json=as_json)
    return 1 if found.rejected else 0


def _read(file: Path, columns: csv_log.Columns, zone: ZoneInfo) -> Log:
    names = [suffix.lower() for suffix in file.suffixes]
    try:
        if ".csv" in names or ".tsv" in names:
            return csv_log.read(_pieces(file), columns, zone)
        return xes.read(_pieces(file), zone)
    except Unreadable as wrong:
        where = f" 第 {wrong.line} 行" if wrong.line else ""
        raise LogRefused(f"{file.name}{where}：{wrong}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise LogRefused(f"{file.name}：压缩文件不完整或已损坏。") from None


def _pieces(file: Path) -> Iterator[bytes]:
    """Yield the file's bytes, unpacked when it is gzip, whatever it is called."""
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(file) if packed else file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"没有时区“{name}”。", param_hint="--time-zone") from None


def _beside(file: Path, ways: Sequence[Variant]) -> alignment.Conformance:
    process = _process(file)
    activities = {name for way in ways for name in way.activities}
    aligner = alignment.Aligner(net.net(process, activities))
    return alignment.conformance({way.activities: way.cases for way in ways}, aligner)


def _process(file: Path) -> Process:
    try:
        document = parse.read(file.read_bytes())
    except UnreadableDiagram as wrong:
        raise LogRefused(f"{file.name}：{wrong.problem.message}。") from None
    if not document.processes:
        raise LogRefused(f"{file.name}：文件里没有流程。")
    return document.processes[0]


def _text(told: Found) -> str:
    lines = [f"{key}: {value}" for key, value in told.keys().items()]
    lines += ["", "最常见的走法："]
    lines += [
        f"{way.share:6.1%}  {way.cases} 例，中位 {way.took.median / SECONDS_PER_DAY:.1f} 天："
        + " → ".join(way.activities)
        for way in told.ways[:WAYS_SHOWN]
    ]
    worst = bottlenecks(follows(told.log.traces), 5)
    lines += ["", "时间花在：", *(
        f"{one.share:6.1%}  {one.arc.source} → {one.arc.target}，{one.arc.count} 次，"
        f"中位 {one.arc.took.median / SECONDS_PER_DAY:.1f} 天"
        for one in worst
    )]  # fmt: skip
    return "\n".join([*lines, *_deviations(told.conformance)])


def _deviations(found: alignment.Conformance | None) -> list[str]:
    if found is None:
        return []
    lines = ["", f"与流程图一致的案例 {found.agreeing} / {found.cases}，拟合度 {found.fitness:.3f}"]
    for title, counted in (("图上没有", found.extra), ("应做未做", found.missing)):
        worst = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:WAYS_SHOWN]
        lines += [f"{title}：{name}，{times} 次" for name, times in worst]
    return lines
