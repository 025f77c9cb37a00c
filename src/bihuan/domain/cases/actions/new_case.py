"""The rows of a case that is opened: written in one statement, as a rule when its process has begun already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bihuan.domain.ledger.actions import FACT_CTES, fact_params
from bihuan.domain.ledger.events import Fact
from bihuan.kit import db

_OPEN = """
with opened as (
    insert into cases_case (id, number, pack, source_ref, title, description, channel, cls_id,
        customer_id, account_id, contact_name, contact_phone, contact_digits, org_unit_id,
        importance, urgency, scope, grade, level, state, round, rework_count, reopen_count,
        promised_at, opened_at, involved_unit_ids, was_complaint)
    values (%(id)s, %(number)s, %(pack)s, %(source_ref)s, %(title)s, %(description)s, %(channel)s,
        %(cls)s, %(customer_id)s, %(account_id)s, %(contact_name)s, %(contact_phone)s, %(digits)s,
        %(org_unit_id)s, %(importance)s, %(urgency)s, %(scope)s, %(grade)s, 1, 'OPEN', 1, 0, 0,
        %(promised)s, %(at)s, %(involved)s::bigint[], %(complaint)s)
), stands as (
    insert into cases_standing (case_id, instance_id, process_state, current_units, org_unit_ids,
        assignee_id, next_due_at)
    values (%(id)s, %(instance)s, %(state)s, %(units)s, %(places)s::bigint[], %(assignee)s, %(due)s)
), found_by as (
    insert into cases_fingerprint (case_id, opened_at, address, grams)
    values (%(id)s, %(at)s, %(address)s, %(grams)s::int[])
)"""
_TOLD = f"{_OPEN}, {FACT_CTES} select 1"
_ALONE = f"{_OPEN} select 1"
# A case without a process yet stands nowhere.
_NOWHERE: Mapping[str, Any] = {
    "instance": None,
    "state": "",
    "units": "",
    "places": (),
    "assignee": None,
    "due": None,
}


@dataclass(slots=True)
class NewCase:
    """A case that is opened: its values, its fact, and the process instance it takes (`processes.ports.Opening`)."""

    values: Mapping[str, Any]
    fact: Fact
    instance: tuple[int, int]
    is_written: bool = False
    _facts: list[Fact] = field(init=False)

    def __post_init__(self) -> None:
        self._facts = [self.fact]

    def take_facts(self) -> Sequence[Fact]:
        """Return the fact that the case was opened, for another to write, once."""
        taken, self._facts = self._facts, []
        return taken

    def write(self, shown: Mapping[str, Any] = _NOWHERE) -> None:
        """Write the case and what is shown of its process, and the fact unless it was taken; once."""
        if self.is_written:
            return
        self.is_written = True
        involved = {self.values["org_unit_id"], *shown["places"]}
        values = {
            **self.values,
            **shown,
            "places": _array(shown["places"]),
            "involved": _array(sorted(involved)),
            "grams": _array(self.values["grams"]),
        }
        facts = self.take_facts()
        db.send(_TOLD if facts else _ALONE, values | fact_params(facts) if facts else values)


def _array(numbers: Sequence[int]) -> str:
    """Return whole numbers as PostgreSQL reads an array of them; the driver would weigh each for its type."""
    return "{" + ",".join(map(str, numbers)) + "}"
