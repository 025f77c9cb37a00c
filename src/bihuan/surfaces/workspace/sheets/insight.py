"""What the cases of a process did, as the page of process insight shows it (FLW-11, FLW-12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bihuan.domain.processes.queries.histories import RETURNED, SKIPPED, Histories, History
from bihuan.engines.bpmn.model import Process
from bihuan.engines.insight import net
from bihuan.engines.insight.alignment import Aligner, Conformance, conformance
from bihuan.engines.insight.durations import Durations, change, durations
from bihuan.engines.insight.follows import Activity, follows
from bihuan.engines.insight.log import Trace
from bihuan.engines.insight.variants import Variant, variants
from bihuan.surfaces.workspace import phrases

MOST_STATES: Final = 4_000
ENDINGS: Final[Mapping[str, str]] = {RETURNED: "退回", SKIPPED: "跳过"}


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a way. `ending` is a word when it was not submitted."""

    name: str
    ending: str


@dataclass(frozen=True, slots=True)
class Way:
    """One variant. `number` counts from 1, the most frequent first."""

    number: int
    steps: Sequence[Step]
    cases: int
    share: str
    percent: int
    median: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit in the table of bottlenecks. `percent` is its share of all time spent in units."""

    name: str
    count: int
    again: int
    returned: int
    waiting: str
    waiting_p90: str
    handling: str
    handling_p90: str
    percent: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure, and how it was before. `tone` tells better (ok) from worse (over)."""

    title: str
    note: str
    value: str
    before: str = ""
    change: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What most often differs from the diagram."""

    title: str
    name: str
    times: int


def took(seconds: float) -> str:
    """Write an elapsed time: 45秒, 12分, 2时05分, 3.5 天."""
    if seconds < 60:
        return f"{round(seconds)}秒"
    return phrases.span(seconds, elapsed=True)


def share(part: float, whole: float) -> str:
    """Write a share in per cent with one decimal."""
    return f"{100 * part / whole:.1f}%" if whole else "—"


def name_of(activity: str, process: Process) -> Step:
    """Return how an activity of a trace is called."""
    node, slash, ending = activity.partition("/")
    found = process.nodes.get(node)
    title = (found.name or node) if found else node
    return Step(title, ENDINGS.get(f"/{ending}", "") if slash else "")


class Sheet:
    """All that the page shows about some histories, worked out once."""

    def __init__(self, found: Sequence[History], process: Process) -> None:
        """Take histories and the process they are laid beside."""
        self.process = process
        self.traces: list[Trace] = [one.trace for one in found]
        self.variants = variants(self.traces)
        self.durations = durations(self.traces)
        self.aligner = Aligner(net.net(process, (), net.by_id), max_states=MOST_STATES)

    def conformance(self) -> Conformance:
        """Return how the histories agree with the diagram."""
        return conformance({way.activities: way.cases for way in self.variants}, self.aligner)

    def of_variant(self, number: int) -> list[Trace]:
        """Return the traces of one variant, or all when there is no such number."""
        if not 0 < number <= len(self.variants):
            return self.traces
        wanted = self.variants[number - 1].activities
        return [trace for trace in self.traces if trace.activities == wanted]

    def ways(self, most: int) -> list[Way]:
        """Return the most frequent variants."""
        return [self._way(number, way) for number, way in enumerate(self.variants[:most], start=1)]

    def units(self) -> list[UnitLine]:
        """Return the units, those first in which most time is spent."""
        found = self.activities()
        seen = {one.name: one for one in found}
        every = sum(spent(one) for one in found)
        units = [one for one in found if not one.name.endswith(tuple(ENDINGS))]
        return [self._unit(one, seen, every) for one in units]

    def activities(self) -> list[Activity]:
        """Return what was done, ends other than a submit apart, most time first."""
        return sorted(follows(self.traces).activities.values(), key=lambda one: -spent(one))

    def deviations(self, found: Conformance, most: int = 5) -> list[Deviation]:
        """Return what differs from the diagram most often."""
        lines = [
            Deviation(title, self.title(activity), times)
            for title, counted in (("图上没有", found.extra), ("应做未做", found.missing))
            for activity, times in counted.items()
        ]
        return sorted(lines, key=lambda one: (-one.times, one.title, one.name))[:most]

    def title(self, activity: str) -> str:
        """Return how an activity of a trace is called, with how it ended."""
        step = name_of(activity, self.process)
        return f"{step.name}（{step.ending}）" if step.ending else step.name

    def _way(self, number: int, way: Variant) -> Way:
        found = self.aligner.align(way.activities)
        return Way(
            number,
            [name_of(activity, self.process) for activity in way.activities],
            way.cases,
            f"{100 * way.share:.1f}%",
            round(100 * way.share),
            took(way.took.median),
            None if found is None else not found.deviations,
        )

    def _unit(self, one: Activity, seen: Mapping[str, Activity], every: float) -> UnitLine:
        returned = seen.get(f"{one.name}{RETURNED}")
        return UnitLine(
            name=name_of(one.name, self.process).name,
            count=one.count,
            again=one.again,
            returned=returned.count if returned else 0,
            waiting=took(one.waiting.median),
            waiting_p90=took(one.waiting.p90),
            handling=took(one.handling.median),
            handling_p90=took(one.handling.p90),
            percent=round(100 * spent(one) / every) if every else 0,
        )


def spent(one: Activity) -> float:
    """Return the time that went by in a unit, waiting included."""
    return one.waiting.total + one.handling.total


# -------------------------------------------------------------------- before and after
def measures(now: Durations, before: Durations | None) -> list[Measure]:
    """Return the figures of FLW-11, each with how it was before when there is a before."""
    return [
        _counted("已结单数", "期内开始、已结束", now.cases, before.cases if before else None),
        _time("平均响应", "开始到首个办理人接手", now, before, "response"),
        _time("平均办理", "接手到结束", now, before, "handling"),
        _time("平均全程", "开始到结束", now, before, "whole"),
        _rework(now, before),
    ]


def _counted(title: str, note: str, now: int, before: int | None) -> Measure:
    return Measure(
        title, note, phrases.thousands(now), "" if before is None else phrases.thousands(before)
    )


def _time(title: str, note: str, now: Durations, before: Durations | None, which: str) -> Measure:
    found = getattr(now, which)
    value = took(found.mean) if found.count else "—"
    note = (
        f"{note}；中位 {took(found.median)}，九成在 {took(found.p90)} 内" if found.count else note
    )
    earlier = getattr(before, which) if before else None
    if earlier is None or not earlier.count:
        return Measure(title, note, value)
    told, tone = _changed(earlier.mean, found.mean) if found.count else ("", "")
    return Measure(title, note, value, took(earlier.mean), told, tone)


def _rework(now: Durations, before: Durations | None) -> Measure:
    note = "有环节办了不止一次"
    value = share(now.reworked, now.cases)
    if before is None or not before.cases:
        return Measure("返工率", note, value)
    told, tone = _changed(before.rework_share, now.rework_share)
    return Measure("返工率", note, value, share(before.reworked, before.cases), told, tone)


def _changed(before: float, now: float) -> tuple[str, str]:
    """Return how something changed for which less is better."""
    found = change(before, now)
    if found is None or abs(found) < 0.005:
        return ("持平" if found is not None else "", "")
    return f"{'降' if found < 0 else '升'} {abs(found):.0%}", "ok" if found < 0 else "over"


def sheet_of(found: Histories, process: Process) -> Sheet:
    """Return the sheet of some histories."""
    return Sheet(found.found, process)
