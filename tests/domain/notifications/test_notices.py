"""Notices on pages, and messages that are never lost when a channel is down."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.notifications import actions, ports, queries, rules
from bihuan.domain.notifications.events import Notice, Preference
from bihuan.domain.notifications.ports import CHANNELS, Message
from bihuan.domain.org.ports import Access
from bihuan.engines.contacting import Quiet
from tests.domain.cases import given

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # twelve o'clock in Shanghai


@pytest.fixture
def kim() -> Access:
    return given.person("kim", given.org_unit(), "case.view")


class Phone:
    """A channel that can be taken down."""

    def __init__(self) -> None:
        self.is_down = False
        self.sent: list[Message] = []

    def __call__(self, message: Message) -> None:
        if self.is_down:
            raise OSError("no line")
        self.sent.append(message)


@pytest.fixture
def phone() -> Iterator[Phone]:
    known = dict(CHANNELS._entries)
    line = CHANNELS.register("SMS", Phone())
    yield line
    CHANNELS._entries.clear()
    CHANNELS._entries.update(known)


def notice(key: str = "a", **values: object) -> Notice:
    return Notice("ESCALATION", f"请关注 {key}", "case:9", key, **values)


def wish(who: Access, **values: object) -> None:
    actions.set_preference(Preference(("SMS",), **values), by=Actor(who.ref), at=NOON)


def tell(who: Access, one: Notice, at: datetime = NOON) -> list[int]:
    return actions.notify(one, [who.staff_id], by=SYSTEM, at=at)


def test_a_person_is_told_the_same_thing_once(kim):
    assert tell(kim, notice()) == [kim.staff_id]
    assert tell(kim, notice()) == []

    assert queries.unread_count(kim) == 1


def test_reading_takes_a_notice_off_the_bell(kim):
    tell(kim, notice("a"))
    tell(kim, notice("b"))
    newest = queries.notices_for(kim).rows[0]

    actions.read_notice(newest.pk, by=Actor(kim.ref), at=NOON)
    actions.read_notice(newest.pk, by=Actor(kim.ref), at=NOON + timedelta(hours=1))

    assert queries.unread_count(kim) == 1
    assert queries.notices_for(kim).rows[0].read_at == NOON
    assert actions.read_all(by=Actor(kim.ref), at=NOON) == 1
    assert queries.unread_count(kim) == 0


def test_nobody_reads_somebody_elses_notice(kim):
    lee = given.person("lee", given.org_unit(), "case.view")
    tell(kim, notice())
    [mine] = queries.notices_for(kim).rows

    with pytest.raises(actions.NoticeMissing):
        actions.read_notice(mine.pk, by=Actor(lee.ref), at=NOON)

    assert queries.unread_count(kim) == 1


def test_a_channel_that_is_down_loses_nothing(kim, phone):
    wish(kim)
    phone.is_down = True
    tell(kim, notice())

    assert actions.send_due(at=NOON) == 0
    assert actions.send_due(at=NOON) == 0
    phone.is_down = False
    assert actions.send_due(at=NOON + timedelta(seconds=4)) == 0
    assert actions.send_due(at=NOON + timedelta(seconds=5)) == 1

    assert [one.title for one in phone.sent] == ["请关注 a"]
    assert actions.send_due(at=NOON + timedelta(days=1)) == 0


def test_a_channel_without_an_adapter_keeps_its_messages(kim):
    wish(kim)
    tell(kim, notice())

    assert actions.send_due(at=NOON) == 0

    assert queries.waiting("SMS", NOON) == 1


def test_a_digest_gathers_what_is_not_urgent(kim, phone):
    wish(kim, digest_at=time(18, 0))
    for key in "abc":
        tell(kim, notice(key))
    tell(kim, notice("d", urgent=True))

    assert actions.send_due(at=NOON) == 1
    assert actions.send_due(at=NOON + timedelta(hours=6)) == 3

    assert [one.title for one in phone.sent] == ["请关注 d", "您有 3 条通知"]


def test_do_not_disturb_waits_for_the_morning_and_urgent_things_do_not(kim, phone):
    wish(kim, quiet=Quiet(time(22), time(7)))
    night = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # eleven in the evening
    tell(kim, notice("a"), night)
    tell(kim, notice("b", urgent=True), night)

    assert actions.send_due(at=night) == 1
    assert queries.unread_count(kim) == 2
    assert actions.send_due(at=datetime(2026, 3, 2, 23, 0, tzinfo=UTC)) == 1

    assert [one.title for one in phone.sent] == ["请关注 b", "请关注 a"]


def test_what_a_channel_could_not_take_before_the_night_does_not_ring_in_it(kim, phone):
    wish(kim, quiet=Quiet(time(22), time(7)))
    evening = datetime(2026, 3, 2, 13, 59, 58, tzinfo=UTC)  # two seconds before ten
    phone.is_down = True
    for key, urgent in (("a", False), ("b", True)):
        tell(kim, notice(key, urgent=urgent), evening)
    actions.send_due(at=evening)
    phone.is_down = False

    assert actions.send_due(at=evening + timedelta(hours=3)) == 1
    assert actions.send_due(at=datetime(2026, 3, 2, 23, 0, tzinfo=UTC)) == 1
    assert [one.title for one in phone.sent] == ["请关注 b", "请关注 a"]


def test_a_muted_topic_stays_on_the_page(kim, phone):
    wish(kim, muted=("ESCALATION",))
    tell(kim, notice())

    assert actions.send_due(at=NOON) == 0
    assert queries.unread_count(kim) == 1


def test_a_preference_names_known_channels(kim):
    with pytest.raises(actions.PreferenceInvalid):
        actions.set_preference(Preference(("PIGEON",)), by=Actor(kim.ref), at=NOON)

    assert queries.preference_of(kim.staff_id) == Preference()


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (4, 40), (10, 2560), (11, 3600), (500, 3600)]
)
def test_retries_come_ever_less_often(attempts, seconds):
    assert rules.retry_after(attempts) == timedelta(seconds=seconds)


def test_the_port_knows_no_channel_by_itself():
    assert not list(ports.CHANNELS)
