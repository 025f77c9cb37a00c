"""岗位作业指导: what one post does in which process, worked out from the versions in force (FLW-10)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bihuan.domain.packs import queries as packs
from bihuan.engines.bpmn import export
from bihuan.engines.bpmn.check import RETURN_WORDS
from bihuan.engines.bpmn.model import LimitGroup, Node, Process, UnitRules
from bihuan.engines.packs.source import PackSource
from bihuan.surfaces.studio import names, words

if TYPE_CHECKING:
    from bihuan.domain.packs.models import Definition


_BACK = {"previous": "上一环节", "initiator": "发起环节", "any": "前面任一环节"}


@dataclass(frozen=True, slots=True)
class UnitGuide:
    """What there is to know about one unit."""

    node: str
    title: str
    guidance: str
    limit: str
    calendar: str
    warnings: str
    groups: tuple[str, ...]
    form: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    enter_if: str
    submit_if: str
    returns: tuple[str, ...]
    not_by: tuple[str, ...]
    several: str
    after: tuple[str, ...]
    skips: bool


@dataclass(frozen=True, slots=True)
class ProcessGuide:
    """The units of one process that a post does."""

    key: str
    title: str
    version: int
    guidance: str
    units: tuple[UnitGuide, ...]


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post, and in how many processes and units it takes part."""

    code: str
    name: str
    processes: int
    units: int


def posts() -> list[PostRow]:
    """Return every post that does a unit, in the order of its pack."""
    found: dict[str, PostRow] = {}
    for definition in packs.definitions(kind="process"):
        pack = _pack(definition)
        units = _units_by_post(_process(definition))
        for code, name in names.posts(pack):
            before = found.get(code, PostRow(code, name, 0, 0))
            count = len(units.get(code, ()))
            found[code] = PostRow(code, name, before.processes + bool(count), before.units + count)
    return [row for row in found.values() if row.units]


def guide(post: str) -> list[ProcessGuide]:
    """Return what a post does, process by process."""
    return [
        _process_guide(definition, units)
        for definition in packs.definitions(kind="process")
        if (units := _units_by_post(_process(definition)).get(post))
    ]


def _process_guide(definition: "Definition", units: list[Node]) -> ProcessGuide:
    process, pack = _process(definition), _pack(definition)
    told = _Telling(process, pack, export.guidance(definition.source.encode()))
    return ProcessGuide(
        definition.key,
        process.name or definition.title,
        definition.version,
        told.guidance.get(process.key, ""),
        tuple(told.unit(node) for node in units),
    )


def _process(definition: "Definition") -> Process:
    return Process.from_json(definition.compiled["process"])


def _pack(definition: "Definition") -> PackSource:
    return _kept_pack(definition.pack_key, max(one.pk for one in packs.definitions()))


@lru_cache(maxsize=8)
def _kept_pack(key: str, _newest: int) -> PackSource:
    return packs.source_of(key)


def _units_by_post(process: Process) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in process.nodes.values():
        if node.unit is not None and node.unit.post:
            found.setdefault(node.unit.post, []).append(node)
    return found


class _Telling:
    """Writes units of one process in words."""

    def __init__(self, process: Process, pack: PackSource, guidance: Mapping[str, str]) -> None:
        self.process, self.guidance = process, guidance
        self.labels = names.labels(pack)
        self.calendars = {f"{pack.key}.{c}": t for c, t in names.names_of(pack)["calendars"]}
        self.calendars |= dict(names.names_of(pack)["calendars"])
        self.forms = {
            code: file.data or {}
            for key, file in pack.known("forms")
            for code in (key, key.rpartition(".")[2])
        }

    def unit(self, node: Node) -> UnitGuide:
        """Return everything about one unit."""
        rules = node.unit or UnitRules()
        form = self.forms.get(rules.form, {})
        required, optional = _fields(form)
        return UnitGuide(
            node=node.id,
            title=node.name or node.id,
            guidance=self.guidance.get(node.id, ""),
            limit=words.limit(rules.limit, self.labels),
            calendar=self.calendars.get(rules.calendar, rules.calendar),
            warnings="、".join(words.warning(one) for one in rules.warn_at),
            groups=tuple(self._groups(node)),
            form=str(form.get("title") or ""),
            required=required,
            optional=optional,
            enter_if=words.condition(rules.enter_if, self.labels),
            submit_if=words.condition(rules.submit_if, self.labels),
            returns=tuple(self._name(one) for one in rules.return_to),
            not_by=tuple(self._name(one) for one in rules.excludes),
            several=_several(node),
            after=tuple(dict.fromkeys(self._after(node))),
            skips=rules.skip_on_overdue,
        )

    def _name(self, node: str) -> str:
        if node in RETURN_WORDS:
            return _BACK[node]
        found = self.process.nodes.get(node)
        return found.name if found and found.name else node

    def _groups(self, node: Node) -> Iterator[str]:
        for group in self.process.limit_groups:
            if node.id in group.units:
                yield self._group(group)

    def _group(self, group: LimitGroup) -> str:
        units = "、".join(self._name(one) for one in group.units)
        return f"{group.name or group.id}共限 {words.limit(group.limit, self.labels)}（{units}）"

    def _after(self, node: Node, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield the units that may come next, with the condition of the way there."""
        for flow, target in self.process.targets(node):
            if target.id in seen:
                continue
            if target.unit is not None:
                yield target.name or target.id
            elif target.outgoing:
                yield from self._after(target, seen | {target.id})
            elif not flow.condition or not target.outgoing:
                yield "结束"


def _fields(form: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = form.get("fields") or []
    must = [str(one.get("label") or one.get("code")) for one in fields if one.get("required")]
    may = [str(one.get("label") or one.get("code")) for one in fields if not one.get("required")]
    return tuple(must), tuple(may)


def _several(node: Node) -> str:
    multi = node.multi
    if multi is None:
        return ""
    order = "依次" if multi.sequential else "同时"
    if not multi.completion_condition:
        return f"会签：多人{order}办，全部办完才往下走"
    done = multi.completion_condition.replace(" ", "")
    if "nrOfCompletedInstances>=1}" in done or done.endswith("nrOfCompletedInstances>=1"):
        return f"或签：多人{order}收到，一人办完即往下走"
    return f"票签：多人{order}办，达到票数即往下走"
