"""Take in what a customer sent: find its case or open one, keep every word, answer machines never.

One door for all written channels. The order in which a case is looked for: what the message answers
(headers), the token in our own address, a number in the subject, the last only for that case's own customer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.cases.actions import gathering, mail_texts, writing
from bihuan.domain.cases.actions.opening import open_case
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.actions.verbs import reopen_case
from bihuan.domain.cases.events import CaseRequest, case_id_of, case_ref
from bihuan.domain.customers import actions as customers, queries as customer_queries
from bihuan.domain.customers.actions import NewCustomer
from bihuan.domain.interactions import actions as interactions, queries, rules
from bihuan.domain.interactions.choices import Direction, Nature, Outcome
from bihuan.domain.interactions.events import FileRefused, NewInteraction, Received
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications, queries as letters
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.engines.contacting import Purpose
from bihuan.kit import db
from bihuan.kit.problems import Refused

MAIL: Final = Actor("system:mail")
# How often, and how long after its end, a case is opened again by mail; after that a new one beside it.
REOPENINGS: Final = 2
REOPENINGS_IN: Final = timedelta(days=7)
REOPEN_WITHIN: Final = timedelta(days=30)
# However a machine hides, it gets no more answers than these.
MOST_ANSWERS: Final = 10
ANSWERS_IN: Final = timedelta(hours=1)
LONGEST_TEXT: Final = 100_000
LONGEST_TITLE: Final = 200
FROM_FIRST_LINE: Final = 40
_NUMBER: Final = re.compile(r"(?<![\d-])\d{6}-\d{4,6}(?![\d-])")
_MACHINES: Final = frozenset({Nature.AUTO_REPLY, Nature.BOUNCE, Nature.OWN})
_STANDS = """
select c.id, c.number, c.title, c.customer_id, c.closed_at, s.assignee_id, c.promised_at, c.pack
from cases_case c join cases_standing s on s.case_id = c.id where c.id = %s
"""
_NUMBERED = "select id, customer_id from cases_case where number = any(%s) order by id desc"
_BESIDE = """
select c.id from cases_caselink l
join cases_case c on c.id = case when l.first_id = %(case)s then l.second_id else l.first_id end
where %(case)s in (l.first_id, l.second_id) and l.removed_at is null and c.closure_id is null
    and c.merged_into_id is null and c.channel = %(channel)s and c.id > %(case)s
order by c.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class IntakePlace:
    """Whose case comes of it when there is none yet, and the source that makes it one case only."""

    pack: str
    org_unit_id: int
    source_ref: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of something received. No case: it was set aside."""

    interaction_id: int
    outcome: str
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    id: int
    number: str
    title: str
    customer_id: int | None
    closed_at: datetime | None
    assignee_id: int | None
    promised_at: datetime | None
    pack: str


@dataclass(frozen=True, slots=True)
class _Late:
    """A message, the case it belongs to, and when it came."""

    received: Received
    case: _Standing
    at: datetime


@dataclass(frozen=True, slots=True)
class _Note:
    """What is kept about a message beside its own words."""

    outcome: str
    root: str = ""
    customer_id: int | None = None
    remark: str = ""
    refused: Sequence[FileRefused] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What it belongs to: a case, the letter of ours it answers, a number it names without right."""

    case_id: int | None = None
    letter_key: str = ""
    claimed: str = ""


@transaction.atomic(savepoint=False)
def take_in(received: Received, place: IntakePlace, *, at: datetime) -> Taken:
    """Take a message in; return what became of it. All of it happens or nothing.

    A merged case's mail goes to its survivor. A closed case is reopened by its own customer, a few times;
    after that a linked case is opened. A machine's reply is kept with its case and moves nothing.
    """
    found = _found(received)
    if received.nature in _MACHINES:
        return _keep_machine(received, found, at)
    if found.case_id is None:
        at = min(received.came_at or at, at)  # promised from when it came, whenever it is sorted
        return _open(received, place, at, remark=_claim(found.claimed))
    case = _stands(gathering.survivor_of(found.case_id))
    if case.closed_at is None:
        return _add(received, case, at)
    return _after_the_end(_Late(received, case, at), place)


def _found(received: Received) -> _Found:
    answered = queries.answered(received.replies_to)
    if answered is not None and answered[0].startswith("case:"):
        return _Found(case_id_of(answered[0]), answered[1])
    by_token = rules.case_of(received.token, settings.SECRET_KEY) if received.token else None
    if by_token is not None and db.one("select 1 from cases_case where id = %s", (by_token,)):
        return _Found(by_token)
    numbers = _NUMBER.findall(received.subject)
    if not numbers or received.nature in _MACHINES:
        return _Found()
    own = set(customer_queries.whose_mail(received.party_address))
    for case_id, customer_id in db.rows(_NUMBERED, (numbers,)):
        if customer_id in own:
            return _Found(case_id)
    return _Found(claimed=numbers[0])


def _keep_machine(received: Received, found: _Found, at: datetime) -> Taken:
    """Keep what a machine answered; it opens, reopens and answers nothing."""
    if found.case_id is None or received.nature == Nature.OWN:
        kept = _record(received, _Note(Outcome.ASIDE), at)
        return Taken(kept, Outcome.ASIDE)
    case = _stands(gathering.survivor_of(found.case_id))
    note = _Note(Outcome.ADDED, case_ref(case.id), case.customer_id)
    kept = _record(received, note, at)
    if received.nature == Nature.BOUNCE and found.letter_key:
        reason = " ".join(received.text.split())[:180]
        if notifications.return_letter(key=found.letter_key, reason=reason, at=at):
            _tell_handler(case, f"{case.number} 发给客户的邮件被退回", kept, at)
    return Taken(kept, Outcome.ADDED, case.id)


def _open(
    received: Received,
    place: IntakePlace,
    at: datetime,
    *,
    outcome: str = Outcome.OPENED,
    remark: str = "",
) -> Taken:
    customer_id = _customer(received, place, at)
    request = CaseRequest(
        pack=place.pack,
        title=_title(received),
        org_unit_id=place.org_unit_id,
        description=(received.text or received.quoted)[:LONGEST_TEXT],
        channel=received.channel,
        customer_id=customer_id,
        contact_name=received.party_name[:80],
        source_ref=place.source_ref,
    )
    by = _by(customer_id)
    with db.joined():
        opened = open_case(request, by=by, at=at)
    refused = _keep_files(received, opened.ref, at)
    kept = _record(received, _Note(outcome, opened.ref, customer_id, remark, refused), at)
    if received.may_answer:
        case = _stands(opened.id)
        about = mail_texts.About(case.number, case.title, received.party_name)
        text = mail_texts.received(about, case.promised_at, refused)
        _answer(_Late(received, case, at), "received", "已受理：", text)
    return Taken(kept, outcome, opened.id)


def _add(received: Received, case: _Standing, at: datetime) -> Taken:
    """Keep it with its case and tell who works on it."""
    root = case_ref(case.id)
    refused = _keep_files(received, root, at)
    note = _Note(Outcome.ADDED, root, _sender(received, case), refused=refused)
    kept = _record(received, note, at)
    _tell_handler(case, f"{case.number} 客户来信：{case.title}", kept, at)
    if refused and received.may_answer:
        about = mail_texts.About(case.number, case.title, received.party_name)
        text = mail_texts.files_refused(about, refused)
        _answer(_Late(received, case, at), f"files:{kept}", "附件未收下：", text)
    return Taken(kept, Outcome.ADDED, case.id)


def _after_the_end(late: _Late, place: IntakePlace) -> Taken:
    """Reopen a closed case for its own customer; too often or too late, go on in a case beside it."""
    received, case, at = late.received, late.case, late.at
    if received.nature != Nature.WRITTEN or mail_texts.is_thanks(received.text):
        return _add(received, case, at)
    if _may_reopen(late):
        return _reopen(late)
    beside = db.one(_BESIDE, {"case": case.id, "channel": received.channel})
    if beside is not None:
        return _add(received, _stands(beside[0]), at)
    remark = f"客户在工单 {case.number} 办结之后来信，另立本单。"
    taken = _open(received, place, at, outcome=Outcome.OPENED_BESIDE, remark=remark)
    if taken.case_id is not None:
        gathering.link_cases(case_id=taken.case_id, other_id=case.id, note=remark, by=MAIL, at=at)
    return taken


def _may_reopen(late: _Late) -> bool:
    case, at = late.case, late.at
    if case.closed_at is None or at - case.closed_at > REOPEN_WITHIN:
        return False
    own = customer_queries.whose_mail(late.received.party_address)
    if case.customer_id is None or case.customer_id not in own:
        return False
    often = queries.outcomes_since(case_ref(case.id), Outcome.REOPENED, at - REOPENINGS_IN)
    return often < REOPENINGS


def _reopen(late: _Late) -> Taken:
    received, case, at = late.received, late.case, late.at
    said = " ".join(received.text.split())[:200] or received.subject
    reason = f"客户来信：{said}"
    reopen_case(case_id=case.id, reason=reason, by=_by(case.customer_id), at=at)
    root = case_ref(case.id)
    refused = _keep_files(received, root, at)
    kept = _record(received, _Note(Outcome.REOPENED, root, case.customer_id, refused=refused), at)
    if received.may_answer:
        about = mail_texts.About(case.number, case.title, received.party_name)
        text = mail_texts.reopened(about, refused)
        _answer(late, f"reopened:{kept}", "已重新办理：", text)
    return Taken(kept, Outcome.REOPENED, case.id)


def _answer(late: _Late, what: str, lead: str, text: str) -> None:
    """Answer by itself, unless this address got too many answers lately: that is a loop."""
    received, case = late.received, late.case
    if letters.letters_to(received.party_address, since=late.at - ANSWERS_IN) >= MOST_ANSWERS:
        return
    try:
        mailbox = writing.mailbox_for(case.pack, received.own_address)
    except writing.MailNotSetUp:
        return
    name, address = received.party_name, received.party_address
    recipient = writing.Recipient(address, name, mailbox, case.customer_id)
    about = mail_texts.About(case.number, case.title, received.party_name)
    wanted = writing.Writing(
        key=f"case:{case.id}:{what}",
        subject=mail_texts.subject_of(about, lead),
        text=text,
        headers=writing.BY_MACHINE,
        purpose=Purpose.ANSWER,
    )
    writing.write(Step(case.id, MAIL, late.at), recipient, wanted)


def _record(received: Received, note: _Note, at: datetime) -> int:
    lines = [note.remark] if note.remark else []
    lines += [f"附件 {one.name} 没有收下：{one.why}" for one in note.refused]
    new = NewInteraction(
        channel=received.channel,
        direction=Direction.IN,
        root=note.root,
        party_address=received.party_address,
        text=received.text[:LONGEST_TEXT],
        own_address=received.own_address,
        party_name=received.party_name,
        customer_id=note.customer_id,
        subject=received.subject,
        quoted=received.quoted[:LONGEST_TEXT],
        nature=received.nature,
        outcome=note.outcome,
        external_id=received.external_id,
        remark="\n".join(lines),
    )
    return interactions.record_interaction(new, by=_by(note.customer_id), at=at)


def _keep_files(received: Received, root: str, at: datetime) -> list[FileRefused]:
    """Keep the files that may be kept; return the others and why."""
    refused = []
    for file in received.files:
        upload = Upload(root, root, "mail", "file", file.name, [file.content])
        try:
            attachments.add_attachment(upload, by=MAIL, at=at)
        except Refused as refusal:
            refused.append(FileRefused(file.name, len(file.content), refusal.message))
    return refused


def _claim(number: str) -> str:
    """Say that a number was named without right; whether it exists is not said."""
    return f"主题里提到工单 {number}，但发件人不是该工单的客户，已另立工单。" if number else ""


def _customer(received: Received, place: IntakePlace, at: datetime) -> int | None:
    if not received.party_address:
        return None
    name = received.party_name or received.party_address.partition("@")[0]
    new = NewCustomer(name=name[:128], unit_id=place.org_unit_id)
    with db.joined():
        found = customers.find_or_create_by_mail(
            address=received.party_address, new=new, by=MAIL, at=at
        )
    return found.customer_id


def _sender(received: Received, case: _Standing) -> int | None:
    """Return which customer wrote: the case's own if it is their address, else whoever has it."""
    known = customer_queries.whose_mail(received.party_address)
    return case.customer_id if case.customer_id in known else next(iter(known), None)


def _tell_handler(case: _Standing, title: str, interaction_id: int, at: datetime) -> None:
    if case.assignee_id is not None:
        notice = Notice(Topic.CASE, title, case_ref(case.id), f"interaction:{interaction_id}")
        notifications.notify(notice, [case.assignee_id], by=MAIL, at=at)


def _stands(case_id: int) -> _Standing:
    row = db.one(_STANDS, (case_id,))
    if row is None:
        raise LookupError(case_id)
    return _Standing(*row)


def _by(customer_id: int | None) -> Actor:
    return replace(MAIL, on_behalf_of=f"customer:{customer_id}") if customer_id else MAIL


def _title(received: Received) -> str:
    subject = mail_texts.plain_subject(received.subject)
    if subject:
        return subject[:LONGEST_TITLE]
    first = next(
        (line.strip() for line in (received.text or received.quoted).splitlines() if line.strip()),
        "",
    )
    return first[:FROM_FIRST_LINE] or "（无主题）"
