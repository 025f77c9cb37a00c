"""The rows of instances and tokens as values: what the tables hold beyond what the engine needs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from bihuan.domain.clocks.rules import COLUMNS, CalendarEdit, ClockRow, row_from
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.choices import (
    FAR,
    CloseKind,
    InstanceState,
    Origin,
    TokenKind,
    TokenState,
)
from bihuan.domain.processes.models.permission import Delegation
from bihuan.domain.processes.ports import FormFound
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_state import Token
from bihuan.kit import db
from bihuan.kit.problems import NotFound


class UnitMissing(NotFound):
    """No such unit, or not for these eyes."""

    message = "没有找到这个环节，或不在您的查看范围内。"


class InstanceMissing(NotFound):
    """No such process instance."""

    message = "没有找到这个流程。"


@dataclass(slots=True)
class Instance:
    """A row of `processes_processinstance`, locked."""

    id: int
    definition_id: int
    subject: str
    root: str
    unit_id: int
    calendar: str
    initiator: str
    parent_token: int | None
    state: InstanceState
    variables: dict[str, Any]
    rev: int
    next_seq: int
    priority: int
    started_at: datetime
    suspended_until: datetime | None = None
    last_at: datetime | None = None
    org_revision: int = 0
    top: int = 0
    depth: int = 0
    ended_at: datetime | None = None
    is_new: bool = False

    @property
    def ref(self) -> str:
        """Return the instance's ref in facts."""
        return f"process:{self.id}"

    @property
    def is_called(self) -> bool:
        """Whether another process called this one."""
        return self.parent_token is not None


@dataclass(slots=True)
class Extra:
    """The columns of a token that the engine does not know."""

    opened_at: datetime
    title: str = ""
    post: str = ""
    unit_id: int | None = None
    owner_id: int | None = None
    assignee_id: int | None = None
    delegate_of: int | None = None
    priority: int = 0
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    form: dict[str, Any] | None = None
    draft: dict[str, Any] | None = None
    delegation: Delegation | None = None


TokenRow = tuple[Token, Extra]


def instance_from(row: tuple[Any, ...]) -> Instance:
    """Return an instance from a row of `lock_instance` or `members`."""
    values = list(row[:19])
    values[8] = InstanceState(values[8])
    values[9] = json.loads(values[9])
    return Instance(*values)


def tokens_of(instance_id: int) -> list[TokenRow]:
    """Return all tokens of an instance, oldest first."""
    found = db.one(SQL["all_tokens"], (instance_id,))
    return tokens_from(found[0] if found else None)


def tokens_from(text: str | None) -> list[TokenRow]:
    """Return the tokens in the JSON that the statements give."""
    return [token_from(row) for row in _parsed(text)]


def clocks_from(text: str | None) -> list[ClockRow]:
    """Return the clocks in the JSON that the statements give."""
    return [_clock(row) for row in _parsed(text)]


def edits_from(text: str | None) -> list[CalendarEdit]:
    """Return the changed calendars in the JSON that the statements give."""
    return [
        CalendarEdit(code, revision, datetime.fromisoformat(at))
        for code, revision, at in _parsed(text)
    ]


def _parsed(text: Any) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(text) if isinstance(text, str) else text or []
    return found


@lru_cache(maxsize=4096)
def _moment(text: str | None) -> datetime | None:
    # The many units of a wide instance were opened, and are due, at the same few moments.
    return datetime.fromisoformat(text) if text is not None else None


_CLOCK_MOMENTS = [
    COLUMNS.index(name)
    for name in ("since", "due_at", "next_moment_at", "overdue_at", "started_at", "stopped_at")
]
_WARN_AT = COLUMNS.index("warn_at")


def _clock(row: list[Any]) -> ClockRow:
    for place in _CLOCK_MOMENTS:
        row[place] = _moment(row[place])
    row[_WARN_AT] = [_moment(text) for text in row[_WARN_AT]]
    return row_from(row)


_KINDS = {kind.value: kind for kind in TokenKind}
_STATES = {state.value: state for state in TokenState}
_ORIGINS = {origin.value: origin for origin in Origin}
_CLOSED = {kind.value: kind for kind in CloseKind}


def _ticket_from(row: Sequence[Any]) -> TokenRow:
    """Return what is parked at a join; since when is asked of no ticket."""
    token = Token(
        id=row[0],
        node=row[1],
        kind=TokenKind.JOIN,
        state=TokenState.PARKED,
        scope=row[3],
        flow_in=row[2],
        parents=tuple(row[4]),
        origin=_ORIGINS[row[5]],
        loop_no=row[6],
        local=row[7],
    )
    return token, Extra(FAR)


_TICKET = 8  # columns


def token_from(row: Sequence[Any]) -> TokenRow:
    """Return a token from a row of `live` or `all_tokens`."""
    if len(row) == _TICKET:
        return _ticket_from(row)
    token = Token(
        id=row[0],
        node=row[1],
        kind=_KINDS[row[4]],
        state=_STATES[row[5]],
        scope=row[6],
        flow_in=row[3],
        parents=tuple(row[7]),
        consumed_by=row[8],
        origin=_ORIGINS[row[9]],
        loop_no=row[10],
        local=row[11],
        close_kind=_CLOSED[row[21]],
    )
    extra = Extra(
        opened_at=_moment(row[18]) or FAR,
        title=row[2],
        post=row[12],
        unit_id=row[13],
        owner_id=row[14],
        assignee_id=row[15],
        delegate_of=row[16],
        priority=row[17],
        claimed_at=_moment(row[19]),
        closed_at=_moment(row[20]),
        due_at=_moment(row[22]),
        warn_at=_moment(row[23]),
        delegation=Delegation.from_json(row[24]),
    )
    return token, extra


def earlier_values(instance_id: int, graph: Graph) -> dict[str, Any]:
    """Return what was filled in so far: of each unit its latest run, later runs before earlier ones."""
    nodes = [node.id for node in graph.nodes.values() if node.unit is not None]
    merged: dict[str, Any] = {}
    for (text,) in db.rows(SQL["earlier_forms"], (nodes, instance_id)):
        merged.update({key: value for key, value in json.loads(text).items() if value is not None})
    return merged


def last_form_with(instance_id: int, field: str) -> FormFound | None:
    """Return the latest submitted form in which a field is filled in."""
    row = db.one(SQL["last_form_with"], {"instance": instance_id, "field": field})
    if row is None:
        return None
    behalf = f"staff:{row[4]}" if row[4] else ""
    by = Actor(f"staff:{row[1]}", behalf, row[2]) if row[1] else Actor("system:engine")
    return FormFound(json.loads(row[0]), by, row[3])


def variables_of(instance_id: int) -> dict[str, Any]:
    """Return the variables an instance routes by."""
    row = db.one(SQL["variables_of"], (instance_id,))
    if row is None:
        raise InstanceMissing
    found: dict[str, Any] = json.loads(row[0])
    return found
