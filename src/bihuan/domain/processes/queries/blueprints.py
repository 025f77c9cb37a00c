"""Published definitions ready to run, kept per process: a published version never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bihuan.domain.packs import queries as packs
from bihuan.engines import decisions, forms
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_graph import Graph


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A definition ready to run. `forms` maps a form code to its definition's key; none = no checks.

    `decisions` does the same for decision tables.
    """

    graph: Graph
    forms: Mapping[str, str]
    calendar: str
    decisions: Mapping[str, str]


@lru_cache(maxsize=512)
def blueprint(definition_id: int) -> Blueprint:
    """Return a definition ready to run, kept per process."""
    compiled = packs.definition(definition_id).compiled
    return Blueprint(
        Graph(Process.from_json(compiled["process"])),
        compiled.get("forms", {}),
        compiled.get("calendar", ""),
        compiled.get("decisions", {}),
    )


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
