"""Sort what was taken over: each mail in one transaction, which also says that it was sorted."""

import logging
import sys
import time
from dataclasses import replace
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.actions import IntakePlace
from bihuan.domain.interactions import actions as interactions, queries, rules
from bihuan.domain.interactions.events import DeliveryTaken
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.integrations.email import reading, taking
from bihuan.kit import clock
from bihuan.kit.problems import Refused

log = logging.getLogger(__name__)

UNIT_KEPT = 30.0
_units: dict[rules.Mailbox, tuple[int, float]] = {}


class NoUnitForMail(Refused):
    """A mailbox names no org unit, and its pack has none."""

    message = "邮箱没有指明工单归哪个机构：BIHUAN_MAILBOXES 写成 邮箱=行业包:机构代码。"


def sort_next() -> bool:
    """Sort the next mail that is due; tell whether there was one.

    A mail that cannot be sorted is put off and keeps nobody waiting. Raises what the database raises when
    it is away: the mail stays as it was.
    """
    with transaction.atomic():
        delivery = interactions.take_next(at=clock.now())
        if delivery is None:
            return False
        try:
            with transaction.atomic():
                _sort(delivery)
        except (DatabaseError, InterfaceError):
            if not _is_fault_of_the_mail(delivery):
                raise
            _put_off(delivery, "database refused it")
        except Exception as problem:
            log.exception("mail %d could not be sorted", delivery.id)
            _put_off(delivery, f"{type(problem).__name__}: {problem}")
    return True


def _is_fault_of_the_mail(delivery: DeliveryTaken) -> bool:
    """Tell whether the database is there and refused just this mail."""
    try:
        queries.is_our_own("<ping>")
    except (DatabaseError, InterfaceError):
        return False
    log.error("mail %d is refused by the database", delivery.id, exc_info=sys.exc_info())
    return True


def _put_off(delivery: DeliveryTaken, why: str) -> None:
    interactions.put_off(delivery_id=delivery.id, error=why, at=clock.now())


def _sort(delivery: DeliveryTaken) -> None:
    envelope = taking.envelope(delivery.envelope_from, delivery.envelope_to)
    received = replace(reading.read(delivery.original, envelope), came_at=delivery.received_at)
    if queries.is_our_own(received.external_id):
        received = replace(received, nature="OWN", may_answer=False)
    at = clock.now()
    taken = cases.take_in(received, _place(envelope.own_address, delivery.id), at=at)
    interactions.settle(delivery_id=delivery.id, interaction_id=taken.interaction_id, at=at)


def _place(own_address: str, delivery_id: int) -> IntakePlace:
    """Return whose cases a mailbox's mails become."""
    known = taking.mailboxes()
    mailbox = next((one for one in known if one.address == own_address), known[0])
    return IntakePlace(mailbox.pack, _unit_of(mailbox), f"mail:{delivery_id}")


def _unit_of(mailbox: rules.Mailbox) -> int:
    """Return a mailbox's org unit, asked anew every half minute: a unit is moved or renamed seldom."""
    known = _units.get(mailbox)
    if known is not None and time.monotonic() < known[1]:
        return known[0]
    found = _look_up_unit(mailbox)
    _units[mailbox] = (found, time.monotonic() + UNIT_KEPT)
    return found


def _look_up_unit(mailbox: rules.Mailbox) -> int:
    if mailbox.unit_code:
        return int(org.unit_by_code(mailbox.unit_code).id)
    for definition in packs.definitions(kind="org", pack_key=mailbox.pack):
        units: list[dict[str, Any]] = definition.compiled.get("units", [])
        if units:
            return int(org.unit_by_code(str(units[0]["code"])).id)
    raise NoUnitForMail
