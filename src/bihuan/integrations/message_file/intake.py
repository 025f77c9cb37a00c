"""Take messages in as cases at their own times; an official reply is the handling (decision 0082).

The web platform received a message complete, so its acceptance is submitted at the moment it was sent.
An unanswered message waits for somebody to judge it. For an answered one the import says no more than
the file: the units before the reply are passed at once, the reply is handled and reviewed at its time,
and the case waits for somebody to ask the citizen. Nobody has asked yet: nothing is closed.

Clocks run from the message's own time. What stays open was due long before anybody here could know of
it, so those clocks neither warn nor count as overdue.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.actions import taxonomy
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.customers import actions as customers
from bihuan.domain.ledger.actions import unannounced
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions as processes
from bihuan.integrations.message_file.sheet import Message
from bihuan.kit import db

IMPORT = Actor("system:import")
LONGEST_TEXT = 2000
LONGEST_HANDLING = 4000
# The unit a message of each kind stays at.
UNANSWERED, ANSWERED = "judge", "verify"
_DEPARTMENT = re.compile(
    r"(?:^|[\s。，！；;!,.])"
    r"([A-Z]\d{0,2}[市区县州镇][^\s，。：；、！“”（）]{1,18}"
    r"(?:局|委员会|政府|办公室|办事处|大队|支队|公司|中心|街道|厅|院))"
    r"\s*(?:\d{4}\s*年.{1,10}日?)?[\s。]*$"
)
_KNOWN = "select source_ref from cases_case where source_ref = any(%s) and source_ref <> ''"
_MEDIAN = """
select percentile_cont(0.5) within group (
    order by extract(epoch from r.at - o.at) / 86400.0)
from ledger_fact o
join ledger_fact r on r.root = o.root and r.name = 'case.resolved'
where o.name = 'case.opened' and o.data ->> 'source' = any(%s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are taken in: the pack, its unit, whom they come from, what their classes are."""

    pack: str
    unit_id: int
    unit_code: str
    customers: dict[str, int]
    classes: dict[str, str]
    now: datetime


def prepare(messages: Iterable[Message], *, pack: str, unit_id: int, at: datetime) -> Place:
    """Make the customers and classes that messages name, those that are not there yet."""
    messages = list(messages)
    users = sorted({message.user for message in messages if message.user})
    new = [
        customers.NewCustomer(
            name=user,
            unit_id=unit_id,
            accounts=(customers.NewAccount(number=_number(pack, user), kind="platform"),),
        )
        for user in users
    ]
    found = customers.import_customers(new=new, by=IMPORT, at=at) if new else {}
    paths = {message.classes for message in messages if message.classes}
    return Place(
        pack=pack,
        unit_id=unit_id,
        unit_code=org.unit(unit_id).code,
        customers={user: found[_number(pack, user)] for user in users},
        classes=taxonomy.ensure_imported_classes(pack=pack, paths=paths) if paths else {},
        now=at,
    )


def take_in(messages: Sequence[Message], place: Place) -> int:
    """Open the messages' cases and move each as far as the file goes; return how many are new.

    All of it happens or nothing. Live pages are not told: nobody watches history.
    """
    requests = {message.key: _request(message, place) for message in messages}
    new = 0
    with transaction.atomic(), unannounced(), processes.batch() as work:
        cases.look_ahead(list(requests.values()))
        for message in messages:
            opened = cases.open_case(requests[message.key], by=IMPORT, at=message.sent_at)
            if opened.is_new:
                _Message(message, place, opened, work).tell()
                new += 1
        work.spare(place.now)
    return new


def known(messages: Iterable[Message], pack: str) -> set[str]:
    """Return the keys of the messages that are cases already."""
    refs = {source_ref(pack, message.key): message.key for message in messages}
    found = db.rows(_KNOWN, (list(refs),))
    return {refs[row[0]] for row in found}


def median_answer_days(messages: Iterable[Message], pack: str) -> float | None:
    """Return the median time to the reply, in days, from the facts of these messages' cases."""
    row = db.one(_MEDIAN, ([source_ref(pack, message.key) for message in messages],))
    return round(float(row[0]), 1) if row and row[0] is not None else None


def source_ref(pack: str, key: str) -> str:
    """Return the ref by which a message is known to have been taken in."""
    return f"{pack}:message:{key}"


def department(reply: str) -> str:
    """Return the department a reply is signed by, empty when it is not."""
    found = _DEPARTMENT.search(reply[-80:])
    return found[1] if found else ""


def _number(pack: str, user: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "-", f"{pack}-{user}".upper()).strip("-")


def _request(message: Message, place: Place) -> CaseRequest:
    return CaseRequest(
        pack=place.pack,
        title=message.subject,
        org_unit_id=place.unit_id,
        class_code=place.classes.get("/".join(message.classes), ""),
        description=message.text,
        channel="WEB",
        customer_id=place.customers.get(message.user),
        contact_name=message.user,
        source_ref=source_ref(place.pack, message.key),
    )


@dataclass(frozen=True, slots=True)
class _Message:
    message: Message
    place: Place
    case: OpenedCase
    work: processes.Batch

    def tell(self) -> None:
        """Submit the units that the file says are done, each with what the file says of it."""
        stop = ANSWERED if self.message.replied_at else UNANSWERED
        units = self.work.units(self.case.instance_id)
        while units and units[0].node != stop:
            node = units[0].node
            values = _FORMS[node](self)
            change = self.work.submit(units[0].id, values, by=self._by(node), at=self._at(node))
            units = change.units
        likes = self.message.likes or self.message.dislikes
        if likes:
            self._tell_votes()
        if len(self.message.reply) > LONGEST_TEXT:
            whole = f"答复全文：{self.message.reply}"
            at = self.message.replied_at or self.message.sent_at
            cases.add_note(case_id=self.case.id, text=whole, by=IMPORT, at=at)

    def _tell_votes(self) -> None:
        votes = {"likes": self.message.likes or 0, "dislikes": self.message.dislikes or 0}
        told = cases.Told(self.message.sent_at, IMPORT, votes)
        cases.record_told(case_id=self.case.id, told=[told])

    def _by(self, node: str) -> Actor:
        """Return the import, on behalf of the department whose reply is the handling."""
        name = department(self.message.reply) if node == "handle" else ""
        return Actor(IMPORT.ref, f"department:{name}" if name else "")

    def _at(self, node: str) -> datetime:
        answered = node in ("handle", "review")
        return (
            self.message.replied_at
            if answered and self.message.replied_at
            else self.message.sent_at
        )


def _accept(told: _Message) -> dict[str, Any]:
    summary = f"{told.message.subject}。{told.message.text}"
    return {
        "contact_name": told.message.user,
        "wants_callback": False,
        "request_summary": summary[:LONGEST_TEXT],
    }


def _judge(told: _Message) -> dict[str, Any]:
    code = told.place.classes.get("/".join(told.message.classes), "unclassified")
    return {
        "class_code": code,
        "importance": "2",
        "urgency": "2",
        "scope": "1",
        "complexity": "simple",
    }


def _dispatch(told: _Message) -> dict[str, Any]:
    return {"org_unit": told.place.unit_code, "instruction": "导入：已由答复单位办理"}


def _handle(told: _Message) -> dict[str, Any]:
    at = told.message.replied_at
    return {
        "contacted_at": at,
        "finished_at": at,
        "cause": "unknown",
        "handling": f"官方平台公开答复：{told.message.reply}"[:LONGEST_HANDLING],
        "reply": f"公开答复：{told.message.reply}"[:LONGEST_TEXT],
        "customer_told": True,
    }


def _review(told: _Message) -> dict[str, Any]:
    return {
        "review": "pass",
        "attribution": "unknown",
        "review_note": "导入：答复已由单位公开发布，本平台未另行审核",
    }


_FORMS: dict[str, Callable[[_Message], dict[str, Any]]] = {
    "accept": _accept,
    "judge": _judge,
    "dispatch": _dispatch,
    "handle": _handle,
    "review": _review,
}
