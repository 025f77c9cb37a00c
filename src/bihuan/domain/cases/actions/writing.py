"""Mails we write to a case's customer: each is a letter that waits, an interaction, and a fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from bihuan.domain.cases.actions import mail_texts
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.actions.verbs import TextMissing, allowed
from bihuan.domain.cases.events import case_ref
from bihuan.domain.customers import queries as customers
from bihuan.domain.customers.actions.insisting import LEAST_REASON
from bihuan.domain.customers.queries.contacting import Reached, may_reach
from bihuan.domain.interactions import actions as interactions, queries, rules
from bihuan.domain.interactions.choices import Direction
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Channel as Way
from bihuan.domain.notifications.events import Letter
from bihuan.engines.contacting import FREE, Clearance, Purpose
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound, Refused

_ABOUT = """
select c.number, c.title, c.contact_name, c.pack, c.round, c.customer_id
from cases_case c where c.id = %s
"""
# RFC 3834: a machine wrote this, and no machine should answer it.
BY_MACHINE: Mapping[str, str] = {
    "Auto-Submitted": "auto-replied",
    "X-Auto-Response-Suppress": "All",
}
LONGEST_TEXT = 20_000


class NoMailAddress(Refused):
    """Neither the case nor its customer has a mail address."""

    message = "这位客户没有留邮箱，不能发邮件，请改用电话。"


class MailNotSetUp(Refused):
    """No mailbox of ours is set up to write from."""

    message = "还没有设置服务邮箱，不能发邮件，请联系管理员。"


class HurryUnexplained(Invalid):
    """A mail goes out in quiet hours only for a reason that can be read later."""

    message = "写明为什么不能等，至少 4 个字。"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a mail goes to, and from which mailbox of ours."""

    address: str
    name: str
    mailbox: rules.Mailbox
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """One mail to be written. `key` makes it once; `said` is what the story of the case keeps of it.

    It waits for the end of its receiver's quiet hours unless it answers what came in just now, or `hurry` says why not.
    """

    key: str
    subject: str
    text: str
    said: str = ""
    purpose: Purpose = Purpose.SERVICE
    hurry: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def write_to_customer(*, case_id: int, text: str, hurry: str = "", by: Actor, at: datetime) -> int:
    """Mail the case's customer as who works on it; return the interaction's id.

    Goes to who wrote last in this case, else to the customer's own address. The mail waits in the table of
    letters until their quiet hours are over, which `hurry` may say why not, and the server took it.
    """
    allowed(case_id, "unit.work", by, at)
    if not text.strip():
        raise TextMissing
    if 0 < len(hurry.strip()) < LEAST_REASON:
        raise HurryUnexplained(fields={"hurry": HurryUnexplained.message})
    recipient = recipient_of(case_id)
    count = len(queries.thread_of(case_ref(case_id)))
    about = about_case(case_id, recipient.name)
    writing = Writing(
        key=f"case:{case_id}:answer:{count}:{by.ref}",
        subject=mail_texts.subject_of(about),
        text=mail_texts.answer(about, text[:LONGEST_TEXT]),
        said=text.strip()[:LONGEST_TEXT],
        hurry=hurry.strip(),
    )
    found = write(Step(case_id, by, at), recipient, writing)
    if found is None:
        raise AlreadyWritten
    return found


def may_write(case_id: int, *, at: datetime) -> Clearance:
    """Return whether a mail about a case goes out at once, or when its receiver's quiet hours end."""
    try:
        address = recipient_of(case_id).address
    except (NoMailAddress, MailNotSetUp):
        return FREE
    return may_reach(Reached("EMAIL", address), Purpose.SERVICE, at=at)


class AlreadyWritten(Refused):
    """The same mail was asked for twice at the same moment."""

    message = "这封邮件刚刚已经提交，请勿重复发送。"


def send_result(step: Step, reply: str) -> int | None:
    """Mail the reviewed result to a customer who came by mail, once a round (TKT-16).

    None when there is nowhere to send it: the follow-up call tells them then.
    """
    row = _about(step.case_id)
    try:
        recipient = recipient_of(step.case_id)
    except (NoMailAddress, MailNotSetUp):
        return None
    about = mail_texts.About(row[0], row[1], recipient.name)
    writing = Writing(
        key=f"case:{step.case_id}:result:{row[4]}",
        subject=mail_texts.subject_of(about, "处理结果："),
        text=mail_texts.result(about, reply),
        said=reply,
    )
    return write(step, recipient, writing)


def recipient_of(case_id: int) -> Recipient:
    """Return who a mail about a case goes to: who wrote last in it, else its customer."""
    row = _about(case_id)
    last = queries.last_received(case_ref(case_id))
    if last is not None:
        mailbox = mailbox_for(row[3], last.own_address)
        return Recipient(last.party_address, last.party_name or row[2], mailbox, row[5])
    address = customers.mail_address_of(row[5]) if row[5] else ""
    if not address:
        raise NoMailAddress
    return Recipient(address, row[2], mailbox_for(row[3], ""), row[5])


def about_case(case_id: int, name: str = "") -> mail_texts.About:
    """Return what a mail says of its case."""
    row = _about(case_id)
    return mail_texts.About(row[0], row[1], name or row[2])


def write(step: Step, to: Recipient, writing: Writing) -> int | None:
    """Write a mail of a case and return its interaction's id; None when it was written before."""
    root = case_ref(step.case_id)
    secret = settings.SECRET_KEY
    message_id = rules.message_id(writing.key, to.mailbox.domain, secret)
    token = rules.token_of(step.case_id, secret)
    headers = {
        "Message-ID": message_id,
        "From": to.mailbox.address,
        "Reply-To": to.mailbox.with_token(token),
        **rules.thread_headers(queries.thread_of(root)),
        **writing.headers,
    }
    letter = Letter(
        key=writing.key,
        root=root,
        channel=Way.EMAIL,
        address=to.address,
        title=writing.subject,
        text=writing.text,
        purpose=writing.purpose,
        hurry=writing.hurry,
        name=to.name,
        headers=headers,
    )
    if not notifications.write_letter(letter, at=step.at):
        return None
    said = NewInteraction(
        channel="EMAIL",
        direction=Direction.OUT,
        root=root,
        party_address=to.address,
        party_name=to.name,
        own_address=to.mailbox.address,
        customer_id=to.customer_id,
        subject=writing.subject,
        text=writing.said or writing.text,
        nature="AUTO_REPLY" if "Auto-Submitted" in writing.headers else "WRITTEN",
        external_id=message_id,
        letter_key=writing.key,
    )
    return interactions.record_interaction(said, by=step.by, at=step.at)


def _about(case_id: int) -> tuple[str, str, str, str, int, int | None]:
    row = db.one(_ABOUT, (case_id,))
    if row is None:
        raise NotFound
    number, title, name, pack, round_, customer_id = row
    return number, title, name, pack, round_, customer_id


def mailbox_for(pack: str, address: str) -> rules.Mailbox:
    """Return the mailbox a customer wrote to, else the pack's, else the first."""
    known = rules.read_mailboxes(settings.MAILBOXES)
    if not known:
        raise MailNotSetUp
    same = (one for one in known if one.address == address)
    of_pack = (one for one in known if one.pack == pack)
    return next(same, None) or next(of_pack, None) or known[0]
