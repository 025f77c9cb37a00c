"""Somebody from the public with a leaking bathroom, and the packs that serve them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.models import Case
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications.ports import CHANNELS, Message
from bihuan.domain.org.queries import actor_for, staff_by_login
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from tests.packs import standing

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PHONE = "13700002046"
DESK = {
    "contact_name": "阮文清",
    "request_summary": "卫生间顶面漏水",
    "class_code": "complaint.quality.leak",
    "importance": "2",
    "urgency": "2",
    "scope": "1",
    "complexity": "simple",
    "org_unit": "yh-east-works",
    "instruction": "请上门查明",
}
HANDLE = {
    "contacted_at": "2026-03-02 09:20",
    "cause": "works",
    "handling": "重做防水层并试水",
    "reply": "已重做防水层，试水两天不漏。",
}
REVIEW = {"review": "pass", "attribution": "none"}


def minutes(count: float) -> datetime:
    return NINE + timedelta(minutes=count)


def install(*keys: str) -> None:
    standing.install("base", *keys, at=NINE - timedelta(days=90), logins=True)


def request(**said: Any) -> portal.PublicRequest:
    usual = {
        "key": "k1",
        "pack": "complaint",
        "class_code": "complaint.quality.leak",
        "text": "卫生间顶面漏水。楼上说不是他家的问题。",
        "phone": PHONE,
        "name": "阮文清",
        "place": "东区 3 栋 1202",
    }
    return portal.PublicRequest(**{**usual, **said})


def sent(at: float = 0, **said: Any) -> portal.Sent:
    return portal.send_request(request(**said), address="10.0.0.1", at=minutes(at))


def open_unit(case_id: int) -> Token:
    live = Token.objects.filter(instance__subject=f"case:{case_id}", kind="USER")
    return live.get(state__in=["OPEN", "CLAIMED"])


def person(login: str) -> Actor:
    return actor_for(staff_by_login(login).pk, NINE)


def submit(case_id: int, login: str, values: dict[str, Any], at: float) -> None:
    processes.submit(open_unit(case_id).pk, values, by=person(login), at=minutes(at))


def handled(at: float = 10) -> portal.Sent:
    """A complaint from the portal that waits for its customer's word."""
    made = sent()
    submit(made.case_id, "yh-taoran", DESK, at)
    submit(made.case_id, "yh-shimo", HANDLE, at + 10)
    submit(made.case_id, "yh-zhuge", REVIEW, at + 20)
    return made


def customer(made: portal.Sent) -> Actor:
    return Actor(f"customer:{made.customer_id}")


def case(made: portal.Sent) -> Case:
    return Case.objects.get(pk=made.case_id)


class Phones:
    """An adapter that keeps what it was given, as a phone does."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_down = False

    def __call__(self, message: Message) -> None:
        if self.is_down:
            raise ConnectionError(message.phone)
        self.messages.append(message)

    @property
    def code(self) -> str:
        return self.messages[-1].title.split()[-1]


def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    """Text messages go out, to here."""
    made = Phones()
    monkeypatch.setitem(CHANNELS._entries, "SMS", made)
    return made
