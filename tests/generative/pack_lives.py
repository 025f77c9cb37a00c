"""One case of a shipped pack, and the random things that people and time do to it."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.models import Holding, Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import Refused

BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
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
