"""Published definitions ready to run, kept per process: a published version never changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bihuan.domain.packs import queries as packs
from bihuan.engines import decisions, forms
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.kit import db

PINNED = "pinned"


@dataclass(frozen=True)
class Blueprint:
    """A definition ready to run. `forms` maps a form code to its definition's key; none = no checks.

    `decisions` does the same for decision tables. `form_of_node` is a JSON text: the form's key of each unit.
    """

    graph: Graph
    forms: Mapping[str, str]
    calendar: str
    decisions: Mapping[str, str]
    form_of_node: str = "{}"
    key: str = ""

    @cached_property
    def skippable(self) -> frozenset[str]:
        """The nodes whose units need not be waited for."""
        nodes = self.graph.process.nodes.values()
        return frozenset(node.id for node in nodes if node.unit and node.unit.is_skippable)

    @cached_property
    def asks_units_alone(self) -> bool:
        """Whether a step on one unit may do without the others: no limit group, nothing that may be skipped."""
        return not self.graph.process.limit_groups and not self.skippable


_IN_FORCE_WITH = """
select d.id from packs_definition d, packs_definition caller
where caller.id = %s and d.kind = 'process' and d.key = %s and d.published_at is not null
order by d.published_at > caller.published_at,
    case when d.published_at > caller.published_at then d.version else -d.version end limit 1
"""


@lru_cache(maxsize=512)
def blueprint(definition_id: int) -> Blueprint:
    """Return a definition ready to run, kept per process."""
    definition = packs.definition(definition_id)
    compiled = definition.compiled
    graph, keys = Graph(Process.from_json(compiled["process"])), compiled.get("forms", {})
    units = {node.id: node.unit.form for node in graph.nodes.values() if node.unit is not None}
    of_node = {node: keys[code] for node, code in units.items() if code in keys}
    return Blueprint(
        graph,
        keys,
        compiled.get("calendar", ""),
        compiled.get("decisions", {}),
        json.dumps(of_node, ensure_ascii=False),
        definition.key,
    )


def forget() -> None:
    """Forget what this process keeps by number: another database gives the same numbers to other definitions."""
    for kept in (blueprint, _form, _table):
        kept.cache_clear()


def called_definition(key: str, binding: str, caller_id: int) -> int:
    """Return the version of a process that a call activity starts.

    `latest` is the version in force now, `pinned` the one that was in force when the calling version was
    published, or the first there was after that.
    """
    if binding == PINNED:
        row = db.one(_IN_FORCE_WITH, (caller_id, key))
        if row is not None:
            return int(row[0])
    return packs.published("process", key).id


def form_version(definition_id: int) -> forms.Form:
    """Return one version of a form."""
    return _form(definition_id)


def form(key: str) -> forms.Form:
    """Return the form in force under a key."""
    return _form(packs.published("form", key).id)


@lru_cache(maxsize=1024)
def _form(definition_id: int) -> forms.Form:
    return forms.Form.from_json(packs.definition(definition_id).compiled["form"])


def table(key: str) -> decisions.Table:
    """Return the decision table in force under a key."""
    return _table(packs.published("decision", key).id)


@lru_cache(maxsize=256)
def _table(definition_id: int) -> decisions.Table:
    return decisions.Table.from_json(packs.definition(definition_id).compiled["table"])
