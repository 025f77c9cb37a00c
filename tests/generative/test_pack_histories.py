"""Random work on the processes of the shipped packs, case included: whatever people do and whenever, nobody sees
an error but a refusal, clocks and lists tell the truth, and a dispatcher changes nothing but the moment.

`BIHUAN_HISTORIES` says how many histories of each pack are lived (default 6, of 130 operations each).
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.cases.models import Case, Standing
from bihuan.domain.clocks import actions as clocks, queries as calendars
from bihuan.domain.clocks.models import Clock
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import row_from, used_micros
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Holding, Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.packs.actions import install_pack
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn.model import Process
from bihuan.engines.worktime import parse_limit, worktime
from bihuan.kit import db
from bihuan.kit.problems import Refused
from tests.generative.spans import merged, without
from tests.packs import shipped

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
HISTORIES = int(os.environ.get("BIHUAN_HISTORIES", "6"))
OPERATIONS = 130
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LIVE = ("OPEN", "CLAIMED", "PARKED")
ROOTS = {"hotline": ("csc", "fault.low.single"), "itsm": ("it", "application.access.password")}
OFTEN = {
    "submit": 45, "claim": 10, "release": 3, "assign": 3, "transfer": 3, "move": 2, "return": 10,
    "withdraw": 6, "jump": 3, "suspend": 4, "resume": 10, "draft": 2, "wait": 6, "reopen": 8,
    "withdraw_case": 1, "holiday": 2, "back": 2,
}  # fmt: skip


def form(node: str, dice: list[float]) -> dict[str, Any]:
    """What is filled in at a unit of either pack; now and then the answer that sends the case back."""
    bad = dice[0] < 0.3
    forms: dict[str, dict[str, Any]] = {
        "accept": {"contact_name": "周文静", "wants_callback": False, "request_summary": "家中突然停电，邻居正常"},
        "judge": {
            "class_code": "fault.low.single", "importance": "2", "urgency": "123"[int(dice[1] * 3)],
            "scope": "1", "complexity": "simple", "countermeasure": "请尽快派人处理",
        },
        "dispatch": {
            "org_unit": ["qingxi-dongmen", "binhu-nan", "chengzhou"][int(dice[1] * 3)],
            "needs_visit": False, "instruction": "请尽快到场检查",
        },
        "handle": {
            "contacted_at": "2026-03-02 09:30", "cause": "equipment", "customer_told": True,
            "handling": "更换烧损的漏电保护器，供电恢复。", "reply": "已修复，感谢等待。",
        },
        "review": {"review": "redo", "review_reason": "没有写明原因"}
        if bad
        else {"review": "pass", "attribution": "none"},
        "verify": {"consent": "refused", "refusal_reason": "还是没有电", "is_solved": False}
        if bad
        else {"consent": "agreed", "score": "5", "is_solved": True},
        "archive": {"is_complete": True},
        "desk": {
            "class_code": "application.access.password", "symptom": "登录时提示密码错误",
            "scope": "1", "urgency": "2", "outcome": "escalate" if bad else "resolved",
            "handling": "已重置密码",
        },
        "application": {
            "outcome": "escalate" if bad else "resolved", "diagnosis": "账号被锁定", "handling": "已解锁",
        },
        "vendor": {"outcome": "escalate" if bad else "resolved", "handling": "已修复缺陷"},
        "confirm": {"consent": "refused", "refusal_reason": "还是登录不了"}
        if bad
        else {"consent": "agreed"},
    }  # fmt: skip
    return forms[node]


class Life:
    """One case that random things happen to."""

    def __init__(self, pack: str, *, dispatched: bool) -> None:
        place, self.class_code = ROOTS[pack]
        self.place, self.dispatched, self.at = unit_by_code(place).id, dispatched, BEGIN
        self.people = [
            Actor(f"staff:{one}")
            for one in Staff.objects.order_by("id").values_list("id", flat=True)
        ]
        request = CaseRequest(
            pack=pack, title="随机一生", org_unit_id=self.place, class_code=self.class_code
        )
        self.case = cases.open_case(request, by=SYSTEM, at=self.at)
        self.instances = [self.case.instance_id]
        self.log: list[tuple[datetime, Callable[[Life], object]]] = []
        self.done: Counter[str] = Counter()
        self.refusals: list[Refused] = []

    @property
    def instance(self) -> int:
        return self.instances[-1]

    def tokens(self, **wanted: Any) -> list[Token]:
        found = Token.objects.filter(instance_id__in=self.instances, kind="USER", **wanted)
        return list(found.order_by("id"))

    def play(self, dice: random.Random) -> None:
        """Let one random thing happen."""
        self.at += timedelta(microseconds=int(dice.expovariate(1 / 20) * 60e6))
        name = dice.choices(list(OFTEN), list(OFTEN.values()))[0]
        picks = [dice.random() for _ in range(5)]
        self.dispatch()
        deed = DEEDS[name](self, picks)
        if deed is None:
            return
        try:
            deed(self)
        except Refused as refused:
            self.done[f"{name}: {refused.code}"] += 1
            self.refusals.append(refused)
        else:
            self.done[name] += 1
            self.log.append((self.at, deed))

    def dispatch(self) -> None:
        while self.dispatched and clocks.recompute_stale():
            pass
        while self.dispatched and clocks.fire_due(self.at):
            pass

    def repeat(self, log: list[tuple[datetime, Callable[["Life"], object]]]) -> None:
        """Do what another case had done to it."""
        for at, deed in log:
            self.at = at
            deed(self)


Deed = Callable[[Life], object]


def _nth(life: Life, token: Token) -> tuple[int, int]:
    """Name a token so that it is found again in another life."""
    return life.instances.index(token.instance_id), token.pk & 0xFFFFF


def _at(life: Life, named: tuple[int, int]) -> int:
    return life.instances[named[0]] << 20 | named[1]


def _pick(share: float, found: list[Any]) -> Any:
    return found[int(share * len(found))] if found else None


def _open_unit(life: Life, picks: list[float]) -> Token | None:
    return _pick(picks[0], life.tokens(state__in=["OPEN", "CLAIMED"]))


def _somebody(life: Life, token: Token, picks: list[float]) -> Actor:
    """Mostly who has the unit or may have it, now and then anybody."""
    if picks[3] < 0.08:
        return _pick(picks[4], life.people)
    if token.assignee_id is not None and picks[3] < 0.8:
        return Actor(f"staff:{token.assignee_id}")
    ids = _holders(token.post)
    return Actor(f"staff:{_pick(picks[4], ids)}") if ids else SYSTEM


def _holders(post: str) -> list[int]:
    held = Holding.objects.filter(post__code=post).order_by("staff_id")
    return list(held.values_list("staff_id", flat=True))


def _on_unit(verb: str, *args: Any, **kwargs: Any) -> Callable[[Life, list[float]], Deed | None]:
    def deed(life: Life, picks: list[float]) -> Deed | None:
        token = _open_unit(life, picks)
        if token is None:
            return None
        named, by = _nth(life, token), _somebody(life, token, picks)
        values = [form(token.node, [picks[1], picks[2]])] if verb == "submit" else list(args)
        return lambda one: getattr(actions, verb)(
            _at(one, named), *values, by=by, at=one.at, **kwargs
        )

    return deed


def _assign(verb: str) -> Callable[[Life, list[float]], Deed | None]:
    def deed(life: Life, picks: list[float]) -> Deed | None:
        token = _open_unit(life, picks)
        if token is None:
            return None
        named, by = _nth(life, token), SYSTEM if picks[2] < 0.7 else _somebody(life, token, picks)
        to = _pick(picks[1], _holders(token.post))
        return lambda one: getattr(actions, verb)(_at(one, named), to_staff_id=to, by=by, at=one.at)

    return deed


def _move(life: Life, picks: list[float]) -> Deed | None:
    token = _open_unit(life, picks)
    if token is None:
        return None
    named, by = _nth(life, token), _somebody(life, token, picks)
    to = [life.place, 999_999_999][picks[1] < 0.3]
    return lambda one: actions.transfer(_at(one, named), to_org_unit_id=to, by=by, at=one.at)


def _return(life: Life, picks: list[float]) -> Deed | None:
    token = _open_unit(life, picks)
    if token is None:
        return None
    named, by = _nth(life, token), SYSTEM if picks[2] < 0.5 else _somebody(life, token, picks)
    nodes = sorted({one.node for one in life.tokens()})
    to = _pick(picks[1], ["previous", "initiator", *nodes])
    return lambda one: actions.return_unit(_at(one, named), to, reason="退", by=by, at=one.at)


def _withdraw(life: Life, picks: list[float]) -> Deed | None:
    token = _pick(picks[0], life.tokens(state="DONE", assignee__isnull=False)[-3:])
    if token is None:
        return None
    named, by = _nth(life, token), Actor(f"staff:{token.assignee_id}")
    return lambda one: actions.withdraw(_at(one, named), by=by, at=one.at)


def _jump(life: Life, picks: list[float]) -> Deed | None:
    to = _pick(picks[1], sorted({one.node for one in life.tokens()}))
    return lambda one: actions.jump(one.instance, to, reason="急", by=SYSTEM, at=one.at)


def _suspend(life: Life, picks: list[float]) -> Deed | None:
    until = life.at + timedelta(hours=60 * picks[1] - 1) if picks[2] < 0.4 else None
    return lambda one: actions.suspend(one.instance, reason="等", until=until, by=SYSTEM, at=one.at)


def _resume(_life: Life, _picks: list[float]) -> Deed | None:
    return lambda one: actions.resume(one.instance, by=SYSTEM, at=one.at)


def _wait(life: Life, picks: list[float]) -> Deed | None:
    life.at += timedelta(hours=30 * picks[0])
    return None


def _reopen(_life: Life, _picks: list[float]) -> Deed | None:
    def deed(one: Life) -> None:
        found = cases.reopen_case(case_id=one.case.id, reason="又坏了", by=SYSTEM, at=one.at)
        one.instances.append(found)

    return deed


def _withdraw_case(_life: Life, _picks: list[float]) -> Deed | None:
    return lambda one: cases.withdraw_case(
        case_id=one.case.id, reason="不要了", by=SYSTEM, at=one.at
    )


def _holiday(life: Life, picks: list[float]) -> Deed | None:
    day = date(2026, 3, 2) + timedelta(days=(life.at - BEGIN).days + int(3 * picks[1]))
    shut = [] if picks[2] < 0.7 else None

    def deed(one: Life) -> None:
        edit = clocks.DayEdit(day, () if shut is not None else None)
        clocks.edit_days("base.office", [edit], by=SYSTEM, at=one.at)

    return deed


def _back(life: Life, picks: list[float]) -> Deed | None:
    """Somebody writes down something as if it had been done hours ago."""
    token = _open_unit(life, picks)
    if token is None:
        return None
    named, ago = _nth(life, token), timedelta(hours=8 * picks[1])
    values = form(token.node, [picks[2], picks[3]])
    return lambda one: actions.submit(_at(one, named), values, by=SYSTEM, at=one.at - ago)


DEEDS: dict[str, Callable[[Life, list[float]], Deed | None]] = {
    "submit": _on_unit("submit"),
    "claim": _on_unit("claim"),
    "release": _on_unit("release"),
    "draft": _on_unit("save_draft", {"note": "草稿"}),
    "assign": _assign("assign"),
    "transfer": _assign("transfer"),
    "move": _move,
    "return": _return,
    "withdraw": _withdraw,
    "jump": _jump,
    "suspend": _suspend,
    "resume": _resume,
    "wait": _wait,
    "reopen": _reopen,
    "withdraw_case": _withdraw_case,
    "holiday": _holiday,
    "back": _back,
}


# ------------------------------------------------------------------ what must hold
def check_now(life: Life, process: Process) -> None:
    """One unit is open while the case is; clocks run exactly while they should; the list says the same."""
    instance = ProcessInstance.objects.get(pk=life.instance)
    state, ended = instance.state, instance.ended_at is not None
    live = list(Token.objects.filter(instance_id__in=life.instances, state__in=LIVE))
    assert len(live) == (0 if ended else 1), live
    assert Case.objects.get(pk=life.case.id).closure_id is None or ended
    for clock in Clock.objects.filter(root=life.case.ref):
        wanted = _wanted(clock, process, live, state)
        assert clock.state == wanted, (clock.owner, clock.state, wanted)
    standing = Standing.objects.get(case_id=life.case.id)
    assert (standing.instance_id, standing.process_state) == (life.instance, state)
    limits = Clock.objects.filter(root=life.case.ref, state="RUNNING", kind="LIMIT", enforced=True)
    due = min((clock.due_at for clock in limits), default=None)
    stale = life.done["holiday"] and not life.dispatched
    for token in live:
        assert standing.current_units == token.title
        own = Clock.objects.filter(owner=f"unit:{token.pk}", state="RUNNING").first()
        assert stale or token.due_at == (own.due_at if own else None)
    assert stale or standing.next_due_at == due


def _wanted(clock: Clock, process: Process, live: list[Token], state: str) -> str:
    kind, _, key = clock.owner.partition(":")
    going = "RUNNING" if state == "RUNNING" else "PAUSED"
    if kind == "unit":
        return going if any(token.pk == int(key) for token in live) else "STOPPED"
    if kind == "group":
        if not any(token.instance_id == int(key.partition(":")[0]) for token in live):
            return "STOPPED"
        group = next(g for g in process.limit_groups if g.id == key.partition(":")[2])
        return going if any(token.node in group.units for token in live) else "PAUSED"
    return clock.state if state == "SUSPENDED" else "STOPPED"


def check_times(life: Life, process: Process) -> None:
    """What the clocks have used is what the facts say was worked."""
    for values in db.rows(SELECT_CLOCK + "where root = %s", (life.case.ref,)):
        row = row_from(values)
        kind, _, key = row.owner.partition(":")
        if kind == "resume":
            continue
        instance, _, group_id = key.partition(":") if kind == "group" else (int(key) >> 20, "", "")
        spans = _unit_spans(life, int(instance))
        if kind == "unit":
            found = [spans[int(key)][1:]]
        else:
            group = next(g for g in process.limit_groups if g.id == group_id)
            found = [span[1:] for span in spans.values() if span[0] in group.units]
        calendar = calendars.calendar(row.calendar)
        measure = parse_limit(row.limit_text).measure
        worked = without(merged(found), _pauses(life, int(instance)))
        expected = sum((worktime(calendar, a, b, measure) for a, b in worked), timedelta())
        assert used_micros(row, calendar, life.at) == expected // timedelta(microseconds=1), row


def _unit_spans(life: Life, instance: int) -> dict[int, tuple[str, datetime, datetime]]:
    spans: dict[int, tuple[str, datetime, datetime]] = {}
    closing = {"unit.submitted", "unit.cancelled", "unit.returned", "unit.skipped"}
    closed: set[int] = set()
    for fact in Fact.objects.filter(root=life.case.ref, name__startswith="unit.").order_by("id"):
        unit_id = int(fact.subject.partition(":")[2])
        if unit_id >> 20 != instance:
            continue
        if fact.name == "unit.opened":
            assert unit_id not in spans
            spans[unit_id] = (fact.data["node"], fact.at, life.at)
        elif fact.name in closing:
            assert unit_id not in closed, f"{unit_id} ended twice"
            closed.add(unit_id)
            spans[unit_id] = (*spans[unit_id][:2], fact.at)
    return spans


def _pauses(life: Life, instance: int) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    facts = Fact.objects.filter(root=life.case.ref, subject=f"process:{instance}").order_by("id")
    for fact in facts:
        if fact.name == "process.suspended":
            since = fact.at
        elif since is not None and fact.name in {"process.resumed", "process.terminated"}:
            found.append((since, fact.at))
            since = None
    return [*found, (since, life.at)] if since else found


def story(life: Life) -> list[tuple[object, ...]]:
    """The facts with what differs between two lives taken out: the ids."""
    told = []
    for fact in Fact.objects.filter(root=life.case.ref).order_by("id"):
        kind, _, key = fact.subject.partition(":")
        if kind in {"unit", "timer"}:
            key = f"{life.instances.index(int(key) >> 20)}/{int(key) & 0xFFFFF}"
        elif kind in {"process", "group", "resume"}:
            first, _, rest = key.partition(":")
            key = f"{life.instances.index(int(first))}/{rest}"
        elif kind == "case":
            key = ""
        ids = {"clock", "instance", "new", "number", "from", "case"}
        data = {name: value for name, value in fact.data.items() if name not in ids}
        behalf = fact.on_behalf_of
        told.append((fact.at, fact.name, kind, key, fact.actor, behalf, fact.reason, repr(data)))
    return sorted(told, key=repr)


@pytest.fixture
def _packs() -> None:
    for key in shipped.KEYS:
        install_pack(shipped.pack(key), by=SYSTEM, at=LONG_AGO)
    org.open_demo_logins(by=SYSTEM, at=LONG_AGO)


def _process(pack: str) -> Process:
    return next(process for source, process in shipped.processes() if source.key == pack)


def lived(life: Life, seed: int, check: Callable[[], None] | None = None) -> Life:
    dice = random.Random(seed)  # noqa: S311 -- chance, not secrecy
    for turn in range(OPERATIONS):
        life.play(dice)
        if check is not None and turn % 3 == 0:
            life.dispatch()
            check()
    return life


@pytest.mark.usefixtures("_packs")
@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("pack", sorted(ROOTS))
def test_whatever_is_done_clocks_and_lists_tell_the_truth(pack: str, seed: int):
    process = _process(pack)
    life = Life(pack, dispatched=seed % 2 == 0)

    lived(life, seed, lambda: check_now(life, process))

    if not life.done["holiday"]:
        check_times(life, process)
    assert life.done["submit"] > 3, life.done
    for refused in life.refusals:
        assert refused.message.endswith("。")
        assert refused.status in {403, 404, 409, 422}


@pytest.mark.usefixtures("_packs")
@pytest.mark.parametrize("seed", range(100, 100 + max(HISTORIES // 2, 1)))
@pytest.mark.parametrize("pack", sorted(ROOTS))
def test_the_same_work_leaves_the_same_facts_with_and_without_a_dispatcher(pack: str, seed: int):
    with transaction.atomic():
        first = lived(Life(pack, dispatched=True), seed)
        log = list(first.log)
        _end(first)
        expected = story(first)
        transaction.set_rollback(True)
    calendars.forget("base.office")
    again = Life(pack, dispatched=False)
    again.repeat(log)
    again.at = first.at
    _end(again)

    assert story(again) == expected


def _end(life: Life) -> None:
    if ProcessInstance.objects.get(pk=life.instance).ended_at is None:
        actions.terminate(life.instance, reason="完", by=SYSTEM, at=life.at)
