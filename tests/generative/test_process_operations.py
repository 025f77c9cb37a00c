"""Random operations at random times: no branch is lost or doubled, every clock tells the truth, and the same
history lived twice, once with a dispatcher and once without, leaves the same facts."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from bihuan.domain.clocks import actions as clocks, queries as calendars
from bihuan.domain.clocks.models import Clock
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import row_from, used_micros
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn.model import LimitGroup
from bihuan.engines.bpmn.run_marks import group_of, held_node
from bihuan.engines.worktime import worktime
from bihuan.kit import db
from bihuan.kit.problems import Refused
from tests.domain.processes.given import NINE, SYSTEM, person, place, publish, staff
from tests.engines.bpmn_given import process
from tests.generative.spans import merged, without

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(240)]
GROUPS = (
    LimitGroup("pair", "两支", "3h", ("l", "r"), calendar="office", warn_at=("50%",)),
    LimitGroup("whole", "整单", "2wd", ("a", "l", "r", "z"), calendar="office"),
)
WORK = process(
    """a user post=agent limit=2h warnAt=50%; a/late boundary timer=PT5H interrupting=no; n user post=agent
    f and; l user post=agent limit=1h; r user post=agent limit=PT6H; j and; z user post=agent limit=30m
    x xor default=out""",
    """start a; a f; late n; n end; f l; f r; l j; r j; j z; z x; x a if again == true
    x end as out""",
    *GROUPS,
)
MAIN, PAIR = ("a", "z"), ("l", "r")
OPERATIONS = {
    "claim": 16, "submit": 40, "release": 3, "assign": 4, "transfer": 3, "return": 12, "withdraw": 6,
    "jump": 2, "jump_one": 2, "suspend": 4, "resume": 10, "draft": 2, "wait": 6,
    "lead": 4, "extend": 5, "delegate": 6, "give_back": 3,
    "straight_back": 8, "add_co_handler": 6, "remove_co_handler": 4, "skip": 4, "reopen": 30,
}  # fmt: skip


def set_lead(_instance: int, staff_id: int, lead: str, *, at: datetime) -> None:
    actions.set_warning_lead(staff_id=staff_id, lead=lead, by=SYSTEM, at=at)


@transaction.atomic
def extend(unit_id: int, wanted: actions.MoreTime, *, asker: Any, at: datetime) -> None:
    asked = actions.request_extension(unit_id, wanted=wanted, reason="缺", by=asker, at=at)
    actions.approve_extension(asked, by=SYSTEM, at=at)


def verb_of(name: str) -> Callable[..., Any]:
    return {"set_lead": set_lead, "extend": extend}.get(name) or getattr(actions, name)


class Life:
    """One instance that random things happen to."""

    def __init__(self, unit_id: int, people: list[int], root: str, *, dispatched: bool) -> None:
        self.people, self.dispatched, self.at = people, dispatched, NINE
        self.root = root
        self.log: list[Any] = []
        self.id = actions.start_process(
            definition_key="test.work", subject=root, root=root, org_unit_id=unit_id,
            variables={"again": True}, by=SYSTEM, at=NINE,
        ).id  # fmt: skip
        self.done: Counter[str] = Counter()

    def live(self) -> list[Token]:
        return list(
            Token.objects.filter(
                instance_id=self.id, state__in=["OPEN", "CLAIMED", "PARKED"]
            ).order_by("id")
        )

    def units(self) -> list[Token]:
        return [token for token in self.live() if token.kind == "USER"]

    def play(self, dice: random.Random) -> None:
        """Let one random thing happen."""
        self.at += timedelta(minutes=dice.expovariate(1 / 25))
        operation = dice.choices(list(OPERATIONS), list(OPERATIONS.values()))[0]
        picks = [dice.random() for _ in range(4)]
        while self.dispatched and clocks.fire_due(self.at):
            pass
        try:
            getattr(self, f"do_{operation}")(picks)
            self.done[operation] += 1
        except Refused as refused:
            self.done[f"{operation} refused: {refused.code}"] += 1

    def pick(self, share: float, found: list[Any]) -> Any:
        if not found:
            raise Refused("nothing")
        return found[int(share * len(found))]

    def unit(self, picks: list[float]) -> Token:
        # Timers not fired yet would open units later: bring the instance up to the moment first.
        return self.pick(picks[0], self.units())

    def actor(self, unit: Token, share: float) -> Any:
        return staff(unit.assignee_id or self.people[int(share * len(self.people))])

    def call(self, verb: str, target: int, *args: Any, **kwargs: Any) -> None:
        """Do something at this moment, and remember it as it would be said of any instance."""
        verb_of(verb)(target, *args, at=self.at, **kwargs)
        told = None if target == self.id else target - (self.id << 20)
        others = {k: v - (self.id << 20) if k == "token_id" and v else v for k, v in kwargs.items()}
        self.log.append((self.at, verb, told, args, others))

    def repeat(self, log: list[Any]) -> None:
        """Do what another instance had done to it."""
        base = self.id << 20
        for at, verb, told, args, kwargs in log:
            self.at = at
            given = {k: v + base if k == "token_id" and v else v for k, v in kwargs.items()}
            verb_of(verb)(self.id if told is None else base + told, *args, at=at, **given)

    def do_claim(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        self.call("claim", unit.pk, by=self.actor(unit, picks[1]))

    def do_submit(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        values = {"again": picks[2] < 0.97} if unit.node == "z" else {}
        self.call("submit", unit.pk, values, by=self.actor(unit, picks[1]))

    def do_draft(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        self.call("save_draft", unit.pk, {"x": 1}, by=self.actor(unit, picks[1]))

    def do_release(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        self.call("release", unit.pk, by=self.actor(unit, picks[1]))

    def do_assign(self, picks: list[float]) -> None:
        receiver = self.people[int(picks[1] * len(self.people))]
        self.call("assign", self.unit(picks).pk, to_staff_id=receiver, by=SYSTEM)

    def do_transfer(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        receiver = self.people[int(picks[2] * len(self.people))]
        self.call("transfer", unit.pk, to_staff_id=receiver, by=self.actor(unit, picks[1]))

    def do_return(self, picks: list[float]) -> None:
        to = self.pick(picks[1], ["previous", "initiator", "a", "l", "r", "z"])
        self.call("return_unit", self.unit(picks).pk, to, reason="退", by=SYSTEM)

    def do_withdraw(self, picks: list[float]) -> None:
        done = Token.objects.filter(
            instance_id=self.id, kind="USER", state="DONE", assignee_id__isnull=False
        )
        unit = self.pick(picks[0], list(done.order_by("-id")[:3]))
        self.call("withdraw", unit.pk, by=staff(unit.assignee_id))

    def do_jump(self, picks: list[float]) -> None:
        self.call("jump", self.id, self.pick(picks[1], list(MAIN)), reason="急", by=SYSTEM)

    def do_jump_one(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        node = held_node(unit)
        if node not in PAIR:
            raise Refused("only within the pair")
        self.call("jump", self.id, node, reason="急", token_id=unit.pk, by=SYSTEM)

    def do_straight_back(self, picks: list[float]) -> None:
        to = self.pick(picks[1], ["previous", "initiator", "a", "l", "r", "z"])
        unit, then = self.unit(picks).pk, "straight_back"
        self.call("return_unit", unit, to, reason="补", then=then, by=SYSTEM)

    def do_add_co_handler(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        someone = self.people[int(picks[2] * len(self.people))]
        self.call("add_co_handler", unit.pk, staff_id=someone, by=self.actor(unit, picks[1]))

    def do_remove_co_handler(self, picks: list[float]) -> None:
        added = self.pick(picks[0], [unit for unit in self.units() if unit.origin == "ADDED"])
        self.call("remove_co_handler", added.pk, by=SYSTEM)

    def do_skip(self, picks: list[float]) -> None:
        self.call("skip_unit", self.unit(picks).pk, reason="免", by=SYSTEM)

    def do_reopen(self, picks: list[float]) -> None:
        self.call(
            "reopen_instance", self.id, self.pick(picks[1], list(MAIN)), reason="又", by=SYSTEM
        )

    def do_suspend(self, picks: list[float]) -> None:
        until = self.at + timedelta(hours=9 * picks[1]) if picks[2] < 0.4 else None
        self.call("suspend", self.id, reason="等", until=until, by=SYSTEM)

    def do_lead(self, picks: list[float]) -> None:
        who = self.pick(picks[0], self.people)
        lead = self.pick(picks[1], ["", "10m", "45m", "2h", "30%", "95%"])
        self.call("set_lead", self.id, who, lead)

    def do_delegate(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        until = self.at + timedelta(hours=8 * picks[2]) if picks[3] < 0.7 else None
        to = self.people[int(picks[1] * len(self.people))]
        terms = actions.DelegationTerms(to, until, may_submit=picks[3] < 0.5)
        owner = staff(unit.assignee_id or self.people[0])
        self.call("delegate", unit.pk, terms=terms, by=owner)

    def do_give_back(self, picks: list[float]) -> None:
        lent = [unit for unit in self.units() if unit.delegation]
        unit = self.pick(picks[0], lent)
        if picks[1] < 0.5:
            by = staff(unit.assignee_id)
            self.call("complete_delegation", unit.pk, {"x": 2}, by=by)
        else:
            self.call("give_back", unit.pk, by=staff(unit.owner_id))

    def do_extend(self, picks: list[float]) -> None:
        unit = self.unit(picks)
        more = self.pick(picks[1], ["30m", "2h", "PT1H", "1wd"])
        until = self.at + timedelta(hours=30 * picks[2]) if picks[3] < 0.3 else None
        group = self.pick(picks[2], ["", "", "pair", "whole"])
        wanted = actions.MoreTime("" if until else more, until, group)
        self.call("extend", unit.pk, wanted, asker=self.actor(unit, picks[1]))

    def do_resume(self, picks: list[float]) -> None:
        self.call("resume", self.id, by=SYSTEM)

    def do_wait(self, picks: list[float]) -> None:
        self.at += timedelta(hours=8 * picks[0])


def check_branches(life: Life) -> None:
    """Exactly the branches that must be there: one in the main line, or two in the pair."""
    live = life.live()
    state = ProcessInstance.objects.get(pk=life.id).state
    # Co-handlers are one branch together; who corrects something holds the place of who waits for it.
    held = {(held_node(token), group_of(token)) for token in live if token.kind == "USER"}
    counts = Counter(node for node, _ in held)
    parked = Counter(token.flow_in for token in live if token.kind == "JOIN")
    if state in {"DONE", "TERMINATED"}:
        assert live == []
        return
    main = counts["a"] + counts["z"]
    pair = counts["l"] + counts["r"] + sum(parked.values())
    if main + pair == 0:
        assert counts["n"], "stuck"
        return
    assert (main, pair) in {(1, 0), (0, 2)}, (counts, parked)
    assert max([*counts.values(), *parked.values()]) == 1 or counts["n"] > 1, (counts, parked)
    assert all(counts[node] <= 1 for node in (*MAIN, *PAIR))


def check_clocks(life: Life) -> None:
    """A clock runs exactly while a member unit is open and the instance runs."""
    state = ProcessInstance.objects.get(pk=life.id).state
    open_units = {token.pk: token.node for token in life.units()}
    # A reopened instance has new clocks for its groups; those of before stay stopped.
    newest = {clock.owner: clock for clock in Clock.objects.filter(root=life.root).order_by("id")}
    for clock in newest.values():
        kind, _, key = clock.owner.partition(":")
        if kind == "unit":
            is_open = int(key) in open_units
            assert (clock.state == "STOPPED") == (not is_open), clock.owner
            if is_open:
                assert (clock.state == "RUNNING") == (state == "RUNNING"), clock.owner
                token = Token.objects.get(pk=int(key))
                assert token.due_at == (clock.due_at if clock.state == "RUNNING" else None)
        elif kind == "group" and state in {"RUNNING", "SUSPENDED"}:
            group = next(group for group in GROUPS if group.id == key.partition(":")[2])
            wanted = state == "RUNNING" and not set(open_units.values()).isdisjoint(group.units)
            assert (clock.state == "RUNNING") == wanted, clock.owner
        elif state in {"DONE", "TERMINATED"}:
            assert clock.state == "STOPPED", clock.owner


def check_times(life: Life) -> None:
    """What the clocks have used is what the facts say was worked."""
    spans = unit_spans(life)
    pauses = [(a, b) for a, b in suspensions(life)]
    for values in db.rows(SELECT_CLOCK + "where root = %s", (life.root,)):
        row = row_from(values)
        kind, _, key = row.owner.partition(":")
        if kind == "unit":
            found = [spans[int(key)][1:]]
        elif kind == "group":
            members = next(g.units for g in GROUPS if g.id == key.partition(":")[2])
            found = [span[1:] for span in spans.values() if span[0] in members]
            lasted = (row.started_at, row.stopped_at or life.at)
            found = [(max(a, lasted[0]), min(b, lasted[1])) for a, b in found]
            found = [(a, b) for a, b in found if a < b]
        else:
            continue
        calendar = calendars.calendar(row.calendar)
        measure = calendars.worktime.parse_limit(row.limit_text).measure
        expected = sum(
            (worktime(calendar, a, b, measure) for a, b in without(merged(found), pauses)),
            timedelta(),
        )
        assert used_micros(row, calendar, life.at) == expected // timedelta(microseconds=1), row


def unit_spans(life: Life) -> dict[int, tuple[str, datetime, datetime]]:
    """From the facts: when each unit was open."""
    spans: dict[int, tuple[str, datetime, datetime]] = {}
    closing = {
        "unit.submitted", "unit.cancelled", "unit.returned", "unit.skipped", "unit.co_handler_removed",
    }  # fmt: skip
    for fact in Fact.objects.filter(root=life.root, name__startswith="unit.").order_by("id"):
        unit_id = int(fact.subject.partition(":")[2])
        if fact.name == "unit.opened":
            spans[unit_id] = (fact.data["node"], fact.at, life.at)
        elif fact.name in closing:
            spans[unit_id] = (*spans[unit_id][:2], fact.at)
    return spans


def suspensions(life: Life) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for fact in Fact.objects.filter(root=life.root, name__startswith="process.").order_by("id"):
        if fact.name == "process.suspended":
            since = fact.at
        elif since is not None and fact.name in {"process.resumed", "process.terminated"}:
            found.append((since, fact.at))
            since = None
    return [*found, (since, life.at)] if since else found


def story(life: Life) -> dict[Any, int]:
    """The facts with what differs between two lives taken out: the ids."""
    base = life.id << 20
    told: dict[Any, int] = defaultdict(int)
    for fact in Fact.objects.filter(root=life.root):
        kind, _, key = fact.subject.partition(":")
        own = int(key) - base if kind in {"unit", "timer"} else key.partition(":")[2]
        told[fact.at, fact.name, kind, own, fact.reason, fact.actor] += 1
    return told


@pytest.fixture
def unit_id() -> int:
    publish(WORK)
    return place()["east"]


def lived(life: Life, seed: int, check: Callable[[Life], None] | None = None) -> Life:
    dice = random.Random(seed)  # noqa: S311 -- chance, not secrecy
    for _ in range(70):
        life.play(dice)
        if check is not None:
            check(life)
    return life


def check_all(life: Life) -> None:
    check_branches(life)
    check_clocks(life)


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_doubled_or_miscounted(unit_id: int, seed: int):
    people = [person(f"p{n}", ("agent", unit_id)) for n in range(3)]
    life = lived(Life(unit_id, people, "thing:1", dispatched=seed % 2 == 0), seed, check_all)

    check_times(life)
    assert life.done["submit"] > 3, life.done


@pytest.mark.parametrize("seed", range(100, 105))
def test_a_history_without_a_dispatcher_leaves_the_same_facts(unit_id: int, seed: int):
    people = [person(f"p{n}", ("agent", unit_id)) for n in range(3)]
    first = lived(Life(unit_id, people, "thing:1", dispatched=True), seed)
    if ProcessInstance.objects.get(pk=first.id).ended_at is None:
        first.call("terminate", first.id, reason="完", by=SYSTEM)
    again = Life(unit_id, people, "thing:2", dispatched=False)
    again.repeat(first.log)

    assert story(first) == story(again)
