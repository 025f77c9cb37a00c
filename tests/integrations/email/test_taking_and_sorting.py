"""A mail is written down before it is taken; one that cannot be sorted waits and holds up no other."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from bihuan.domain.interactions import actions
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.interactions.models import Delivery
from bihuan.domain.ledger.events import SYSTEM
from bihuan.integrations.email import lmtp, sorting, taking
from bihuan.kit import clock

OURS = "service@bihuan.test"


@pytest.fixture(autouse=True)
def _mailbox(settings):
    settings.MAILBOXES = f"{OURS}=complaint"


def take(number: int) -> bool:
    original = f"From: ada@customer.test\r\nMessage-ID: <{number}@x>\r\n\r\ntext".encode()
    return taking.take_over(original, sender="ada@customer.test", recipient=OURS, at=clock.now())


@pytest.mark.django_db
def test_the_same_mail_is_taken_once():
    assert [take(1), take(1), take(2)] == [True, False, True]
    assert Delivery.objects.count() == 2


@pytest.mark.django_db
def test_a_mail_that_cannot_be_sorted_waits_and_holds_up_no_other(monkeypatch):
    for number in (1, 2):
        take(number)

    def sort(delivery):
        if b"<1@x>" in delivery.original:
            raise ValueError("unheard of")
        new = NewInteraction("EMAIL", "IN", "", "ada@customer.test", "text", outcome="ASIDE")
        kept = actions.record_interaction(new, by=SYSTEM, at=clock.now())
        actions.settle(delivery_id=delivery.id, interaction_id=kept, at=clock.now())

    monkeypatch.setattr(sorting, "_sort", sort)
    assert [sorting.sort_next() for _ in range(3)] == [True, True, False]

    first, second = Delivery.objects.order_by("id")
    assert (first.state, first.attempts, first.last_error) == (
        "WAITING",
        1,
        "ValueError: unheard of",
    )
    assert first.due_at > clock.now()
    assert second.state == "SORTED"


@pytest.mark.django_db
def test_what_the_database_refuses_of_one_mail_is_put_off(monkeypatch):
    take(1)

    def sort(delivery):
        raise OperationalError("no such function")

    monkeypatch.setattr(sorting, "_sort", sort)

    assert sorting.sort_next()
    assert Delivery.objects.get().attempts == 1


@pytest.mark.django_db
def test_an_original_is_forgotten_after_its_time_and_only_once_sorted():
    take(1)
    now = clock.now()

    assert actions.forget_originals(older_than=now - now, at=now) == 0
    assert Delivery.objects.get().original is not None


def handled(monkeypatch, outcome) -> tuple[str, str]:
    """Hand one mail to the LMTP handler; return its answers to recipient and data."""

    def take_over(*_args, **_kwargs):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(taking, "take_over", take_over)
    with ThreadPoolExecutor(1) as pool:
        handler = lmtp.Handler(pool)
        envelope = SimpleNamespace(rcpt_tos=[], mail_from="a@b", original_content=b"x")

        async def go():
            to = await handler.handle_RCPT(None, None, envelope, f"service+c1-x@{OURS[8:]}", [])
            return to, await handler.handle_DATA(None, None, envelope)

        return asyncio.run(go())


@pytest.mark.parametrize("outcome", [True, False])
def test_a_mail_is_taken_new_or_known(monkeypatch, outcome):
    assert handled(monkeypatch, outcome) == ("250 2.1.5 ok", lmtp.TAKEN)


@pytest.mark.parametrize("failure", [OperationalError("away"), ValueError("bad")])
def test_a_mail_that_is_not_written_down_stays_with_its_sender(monkeypatch, failure):
    assert handled(monkeypatch, failure)[1] == lmtp.LATER


def test_mail_for_others_is_not_taken():
    handler = lmtp.Handler(ThreadPoolExecutor(1))
    envelope = SimpleNamespace(rcpt_tos=[])

    said = asyncio.run(handler.handle_RCPT(None, None, envelope, "other@bihuan.test", []))

    assert (said, envelope.rcpt_tos) == (lmtp.UNKNOWN, [])


@pytest.mark.parametrize(
    ("head", "path", "to"),
    [
        (
            b"Return-Path: <>\r\nDelivered-To: service+c1-abc@bihuan.test\r\n",
            "",
            "service+c1-abc@bihuan.test",
        ),
        (b"Return-Path: <ada@x.test>\r\nTo: Us <SERVICE@bihuan.test>\r\n", "ada@x.test", OURS),
        (b"From: ada@x.test\r\nTo: other@y.test\r\n", "ada@x.test", OURS),
    ],
)
def test_a_fetched_mail_says_whom_it_is_from_and_for(head, path, to):
    original = head + b"\r\ntext"

    assert (taking.return_path_in(original), taking.recipient_in(original)) == (path, to)
