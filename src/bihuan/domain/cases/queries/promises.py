"""What a customer can be told before a case is saved: who will do what, and by when."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.cases.ports import PROCESS
from bihuan.domain.cases.queries.taxonomy import class_named
from bihuan.domain.clocks import queries as clocks
from bihuan.domain.packs import queries as packs
from bihuan.engines import worktime
from bihuan.engines.bpmn.model import Node, NodeKind, Process


@dataclass(frozen=True, slots=True)
class PromisedUnit:
    """A unit of the process the class runs on, as written: its post and limit."""

    node: str
    name: str
    post: str
    limit: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What choosing a class means. `due_at` is None when the class promises nothing."""

    class_code: str
    class_name: str
    grade: str
    process: str
    units: tuple[PromisedUnit, ...]
    limit: str
    due_at: datetime | None


def promise(pack: str, class_code: str, *, at: datetime) -> Promise:
    """Return what a case of this class, opened at `at`, would be promised."""
    cls = class_named(pack, class_code)
    process = Process.from_json(packs.published(PROCESS, cls.process_key).compiled["process"])
    return Promise(
        class_code=cls.code,
        class_name=cls.name,
        grade=cls.grade,
        process=process.name,
        units=tuple(
            PromisedUnit(node.id, node.name, node.unit.post, node.unit.limit)
            for node in _in_order(process)
            if node.kind is NodeKind.USER_TASK and node.unit is not None
        ),
        limit=cls.limit,
        due_at=due(cls.limit, cls.calendar, at),
    )


def _in_order(process: Process) -> list[Node]:
    """Return the nodes as a case would come to them; the stored definition has no order of its own."""
    found = {"": process.start_of()}
    waiting = list(found.values())
    while waiting:
        for _, node in process.targets(waiting.pop(0)):
            if node.id not in found:
                found[node.id] = node
                waiting.append(node)
    return list(found.values())


def due(limit: str, calendar: str, at: datetime) -> datetime | None:
    """Return when a limit that begins at `at` is over; no limit is never over."""
    if not limit:
        return None
    parsed = worktime.parse_limit(limit)
    counted = worktime.ALWAYS if parsed.elapsed else clocks.calendar(calendar)
    return worktime.add(counted, at, parsed)
