"""Random moves through the actions: people, reasons, suspensions, clocks and the dispatcher."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.processes import actions
from bihuan.domain.processes.choices import Then
from bihuan.domain.processes.models import Token as TokenRow
from bihuan.engines.bpmn.fuzz import lives
from bihuan.engines.bpmn.fuzz.blocks import MESSAGES
from bihuan.engines.bpmn.fuzz.calling import check_calls
from bihuan.engines.bpmn.fuzz.descent import check_history
from bihuan.engines.bpmn.fuzz.lives import Diagram, Move, Nothing, Version, pick
from bihuan.engines.bpmn.fuzz.marking import Marking, hold, told
from bihuan.engines.bpmn.run_marks import held_node
from bihuan.engines.bpmn.run_state import TokenKind
from bihuan.engines.bpmn.run_together import is_signer
from bihuan.integrations.conformance import laws, verbs
from bihuan.integrations.conformance.laws import Family, Row, Snapshot
from bihuan.integrations.conformance.parts import (
    Cast,
    Deployed,
    Done,
    Place,
    place_of,
    target_at,
)
from bihuan.kit.problems import Refused

# Wednesday 18 November 2026, 09:00 in Shanghai: half an hour after the office opened.
NINE: Final = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
WEIGHTS: Final = {
    "claim": 14, "submit": 40, "release": 3, "assign": 3, "transfer": 3, "return": 11, "withdraw": 6,
    "jump": 2, "jump_one": 2, "suspend": 3, "resume": 7, "draft": 2, "urge": 1, "copy": 1, "wait": 7,
    "terminate": 1, "return_straight": 4, "skip": 3, "add": 5, "remove": 4,
    "delegate": 5, "give_back": 3, "complete_delegation": 2, "extend": 5, "set_lead": 3, "reopen": 2,
    "message": 8, "migrate": 6,
}  # fmt: skip
CALM: Final = {**WEIGHTS, "jump": 0}
INSTANCES_BETWEEN_REPLAYS: Final = 5


class Life:
    """One instance after another of a diagram, and what was done to it."""

    def __init__(self, diagram: Diagram, deployed: Deployed, cast: Cast, name: str) -> None:
        self.diagram, self.deployed, self.cast = diagram, deployed, cast
        self.name = name
        self.counts: dict[str, int] = {}
        self.instances = 0
        self.start()

    def start(self, *, dispatched: bool = True) -> None:
        """Start the next instance."""
        self.instances += 1
        self.root = f"fuzz:{self.name}.{self.instances}"
        self.at, self.dispatched = NINE, dispatched
        self.log: list[Done] = []
        self.said: list[str] = []
        self.jumped = False
        self.wounded: dict[int, set[str]] = defaultdict(set)
        self.id = actions.start_process(
            definition_key=self.diagram.key,
            subject=self.root,
            root=self.root,
            org_unit_id=self.cast.org_unit_id,
            variables=self.diagram.variables,
            by=SYSTEM,
            at=NINE,
        ).id
        self.now = self.look()

    def play(self, moves: Sequence[Move], *, calm: bool) -> None:
        """Make the moves, checking after each, then let the instance end. Calm lives wound no split."""
        self.calm = calm
        for move in moves:
            self.make(move)
        self.close()

    def make(self, move: Move) -> None:
        """Try one move; one that is refused must leave everything as it was."""
        name = move.operation
        if self.now.ended and move.shares[3] < lives.AFRESH:
            self.close()
            self.start()
        elif self.now.ended and move.shares[0] < 0.5:
            name = "reopen"
        self.at += move.after
        self._dispatch()
        before = self.now
        try:
            getattr(self, f"do_{name}")(move.shares)
        except Nothing:
            name = f"{name}: nothing there"
        except Refused as refused:
            name = f"{name}: {refused.code}"
            unchanged = laws.versions(self.root) == before.versions
            hold(unchanged, f"refused ({refused.code}), and changed something")
        else:
            self.now = self.look()
        self.counts[name] = self.counts.get(name, 0) + 1

    def close(self) -> None:
        """Let the instance end, and check what can only be seen of the whole."""
        while resting := [one for one in self.now.members if one.state == "SUSPENDED"]:
            self.call("resume", resting[0].id, by=SYSTEM)
            self.now = self.look()
        if not self.jumped:
            lives.must_end(self._finish)
        elif not self.now.ended:
            self.call("terminate", self.id, reason="完", by=SYSTEM)
            self.now = self.look()
        laws.check_times(self.now, self.diagram_members, self.at)
        for rows in laws.history(self.root).values():
            check_history({id_: row.token for id_, row in rows.items()})
        if self.instances % INSTANCES_BETWEEN_REPLAYS == 0:
            self._live_again()

    def look(self) -> Family:
        """Read the instance with what it has called, and hold all of it against the laws."""
        found = laws.family(self.root)
        for member in found.members:
            tree, wounded = self.version(member).tree, self.wounded[member.id]
            marking = Marking(tree, self.diagram.variables, wounded)
            marking.check(member.live, ended=member.ended)
            laws.check_clocks(member, self.deployed[member.key][member.version - 1].process)
        check_calls(member.member for member in found.members)
        laws.check_suspensions(found)
        return found

    def version(self, member: Snapshot) -> Version:
        """Return the drawing an instance runs by."""
        return self.diagram.versions[member.key][member.version - 1]

    def diagram_members(self, key: str, group: str) -> frozenset[str]:
        """Return the units of a limit group, as the first version calls them."""
        groups = self.diagram.versions[key][0].drawing.groups
        return frozenset(next(one.units for one in groups if one.id == group))

    def call(self, verb: str, target: int, *args: Any, **kwargs: Any) -> None:
        """Do something to a unit or an instance now, and remember it as it would be said of any other.

        Tokens have their instance in their ids; what is no larger than a sequence number of the first is none.
        """
        self.said.append(f"{self.at:%d %H:%M:%S} {verb} {self._told(target)} {args} {kwargs}")
        verbs.named(verb)(target, *args, at=self.at, **kwargs)
        others = {k: self._place(v) if k == "token_id" and v else v for k, v in kwargs.items()}
        self.log.append(Done(self.at, verb, self._place(target), args, others))

    # ------------------------------------------------------------ moves
    def do_claim(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        self.call("claim", unit.token.id, by=self._actor(unit, shares[1]))

    def do_submit(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        values = lives.submitted(shares[2])
        self.call("submit", unit.token.id, values, by=self._actor(unit, shares[1]))

    def do_draft(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        self.call("save_draft", unit.token.id, {"x": 1}, by=self._actor(unit, shares[1]))

    def do_release(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        self.call("release", unit.token.id, by=self._actor(unit, shares[1]))

    def do_assign(self, shares: Sequence[float]) -> None:
        to = pick(shares[1], self.cast.people)
        self.call("assign", self._unit(shares).token.id, to_staff_id=to, by=SYSTEM)

    def do_transfer(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        to = pick(shares[2], self.cast.people)
        self.call("transfer", unit.token.id, to_staff_id=to, by=self._actor(unit, shares[1]))

    def do_urge(self, shares: Sequence[float]) -> None:
        self.call("urge", self._unit(shares).token.id, note="急", by=SYSTEM)

    def do_copy(self, shares: Sequence[float]) -> None:
        to = actions.Recipients(staff_ids=(pick(shares[1], self.cast.people),))
        self.call("carbon_copy", self._unit(shares).token.id, to=to, by=SYSTEM)

    def do_return(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        to = pick(shares[1], ["previous", "previous", "initiator", *self._units_beside(unit)])
        self.call("return_unit", unit.token.id, to, reason="退", by=SYSTEM)

    def do_return_straight(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        to = pick(shares[1], ["previous", "initiator", *self._units_beside(unit)])
        how = Then.STRAIGHT_BACK
        self.call("return_unit", unit.token.id, to, reason="改", then=how, by=SYSTEM)

    def do_skip(self, shares: Sequence[float]) -> None:
        self.call("skip_unit", self._unit(shares).token.id, reason="略", by=SYSTEM)

    def do_add(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        by, to = self._actor(unit, shares[1]), pick(shares[2], self.cast.people)
        self.call("add_co_handler", unit.token.id, staff_id=to, by=by)

    def do_remove(self, shares: Sequence[float]) -> None:
        held = [row for row in self.now.units if row.token.scope or is_signer(row.token)]
        self.call("remove_co_handler", pick(shares[0], held).token.id, by=SYSTEM)

    def do_withdraw(self, shares: Sequence[float]) -> None:
        done = TokenRow.objects.filter(
            instance__root=self.root, kind="USER", state="DONE", assignee_id__isnull=False
        )
        unit = pick(shares[0], list(done.order_by("-id")[:3]))
        self.call("withdraw", unit.pk, by=_staff(unit.assignee_id or 0))

    def do_jump(self, shares: Sequence[float]) -> None:
        member = self._member(shares)
        self._open_anywhere("jump", member, pick(shares[1], self.version(member).units))

    def do_reopen(self, shares: Sequence[float]) -> None:
        main = self.now.main
        version = self.version(main)
        nodes = [one for one in version.units if not (self.calm and version.around(one))]
        self._open_anywhere("reopen_instance", main, pick(shares[1], nodes))

    def do_delegate(self, shares: Sequence[float]) -> None:
        unit, to = self._unit(shares), pick(shares[1], self.cast.people)
        until = self.at + 8 * shares[2] * lives.HOUR if shares[3] < 0.7 else None
        terms = actions.DelegationTerms(to, until, may_submit=shares[3] < 0.5)
        self.call("delegate", unit.token.id, terms=terms, by=self._actor(unit, shares[2]))

    def do_give_back(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], [row for row in self.now.units if row.lent])
        self.call("give_back", unit.token.id, by=_staff(unit.owner_id or 0))

    def do_complete_delegation(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], [row for row in self.now.units if row.lent])
        by = _staff(unit.assignee_id or 0)
        self.call("complete_delegation", unit.token.id, {"x": 2}, by=by)

    def do_extend(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        until = self.at + 30 * shares[2] * lives.HOUR if shares[3] < 0.3 else None
        more = pick(shares[1], ("30m", "2h", "PT1H", "1wd"))
        groups = self.version(self.now.of(unit.token.id)).drawing.groups
        group = pick(shares[2], ("", "", *(one.id for one in groups)))
        wanted = actions.MoreTime("" if until else more, until, group)
        asker = self._actor(unit, shares[1])
        self.call("extend", unit.token.id, wanted=wanted, asker=asker)

    def do_set_lead(self, shares: Sequence[float]) -> None:
        lead = pick(shares[1], ("", "10m", "45m", "2h", "30%", "95%"))
        self.call("set_lead", self.id, pick(shares[0], self.cast.people), lead)

    def do_jump_one(self, shares: Sequence[float]) -> None:
        unit = self._unit(shares)
        member = self.now.of(unit.token.id)
        version = self.version(member)
        around = version.around(held_node(unit.token))
        there = [node for node in version.units if version.around(node) == around]
        node = pick(shares[1], there)
        self.call("jump", member.id, node, reason="急", token_id=unit.token.id, by=SYSTEM)

    def do_message(self, shares: Sequence[float]) -> None:
        heard = [name for name, _ in self._heard()]
        name = pick(shares[0], heard if heard and shares[1] < 0.8 else MESSAGES)
        self.call("message", self.id, name)

    def do_migrate(self, shares: Sequence[float]) -> None:
        member = pick(shares[0], [one for one in self.now.members if not one.ended])
        if member.version == 2 and shares[1] < 0.6:
            self.call("migrate_back", member.id)
            return
        first, second = self.deployed[member.key]
        became = self.diagram.versions[member.key][1].became
        if member.version == 1:
            self.call("migrate", member.id, first.id, second.id, became)
        else:
            back = {after: before for before, after in became.items()}
            self.call("migrate", member.id, second.id, first.id, back)

    def do_suspend(self, shares: Sequence[float]) -> None:
        until = self.at + 9 * shares[1] * lives.HOUR if shares[2] < 0.4 else None
        self.call("suspend", self._member(shares).id, reason="等", until=until, by=SYSTEM)

    def do_resume(self, shares: Sequence[float]) -> None:
        resting = [one.id for one in self.now.members if one.state == "SUSPENDED"]
        self.call("resume", pick(shares[0], resting or [self.id]), by=SYSTEM)

    def do_terminate(self, shares: Sequence[float]) -> None:
        if shares[0] < 0.5:
            raise Nothing
        self.call("terminate", self._member(shares).id, reason="止", by=SYSTEM)

    def do_wait(self, shares: Sequence[float]) -> None:
        self.at += 8 * shares[0] * lives.HOUR
        self._dispatch()

    # ------------------------------------------------------------ inside
    def _open_anywhere(self, verb: str, member: Snapshot, node: str) -> None:
        """Open a unit beside nothing; the splits around it may lack branches from then on."""
        around = self.version(member).around(node)
        before = set(self.wounded[member.id])
        self.wounded[member.id] |= {one.partition(":")[0] for one in around}
        try:
            self.call(verb, member.id, node, reason="急", by=SYSTEM)
        except Refused:
            self.wounded[member.id] = before
            raise
        self.jumped = self.jumped or bool(around)

    def _dispatch(self) -> None:
        """Let the dispatcher do what is due; without one the next operation does it."""
        moment = self.now.next_moment()
        if self.dispatched and moment is not None and moment <= self.at:
            clocks.fire_all_due(self.at)
            self.now = self.look()

    def _unit(self, shares: Sequence[float]) -> Row:
        return pick(shares[0], self.now.units)

    def _member(self, shares: Sequence[float]) -> Snapshot:
        """Pick an instance: mostly the one that was started."""
        running = [one for one in self.now.members if not one.ended]
        return pick(shares[3], [self.now.main, self.now.main, *running])

    def _actor(self, unit: Row, share: float) -> Actor:
        return _staff(unit.assignee_id or pick(share, self.cast.people))

    def _units_beside(self, unit: Row) -> list[str]:
        return self.version(self.now.of(unit.token.id)).units

    def _heard(self) -> list[tuple[str, bool]]:
        """Return what is waited for, and whether on the way rather than at a border."""
        found = []
        for member in self.now.members:
            nodes = self.deployed[member.key][member.version - 1].process.nodes
            for token in member.live:
                if token.kind is TokenKind.EVENT:
                    node = nodes[token.node]
                    found.append((node.awaits, not node.attached_to))
        return found

    def _told(self, target: int) -> str:
        tokens = [row.token for row in self.now.units if row.token.id == target]
        return told(tokens) or f"#{self._place(target)}"

    def _place(self, target: int) -> Place:
        return place_of([member.id for member in self.now.members], target)

    def _finish(self) -> bool:
        """Do what is open; True when the instance has ended."""
        if self.now.ended:
            return True
        units = self.now.units
        awaited = [name for name, on_the_way in self._heard() if on_the_way]
        if units and units[0].lent:
            self.call("give_back", units[0].token.id, by=_staff(units[0].owner_id or 0))
        elif units:
            by = self._actor(units[0], 0)
            self.call("submit", units[0].token.id, dict(lives.LAST), by=by)
        elif awaited:
            self.call("message", self.id, awaited[0])
        else:
            self.at += 12 * lives.HOUR
            self._dispatch()
        self.now = self.look()
        return self.now.ended

    def _live_again(self) -> None:
        """Do the same to another instance, without a dispatcher: the same facts must come of it."""
        told_first, log = laws.story(self.now), self.log
        self.start(dispatched=False)
        for done in log:
            if done.verb in verbs.BESIDE:
                clocks.fire_all_due(done.at)
            ids = laws.instances(self.root)
            kwargs = {
                k: target_at(ids, v) if k == "token_id" and v else v for k, v in done.kwargs.items()
            }
            verbs.named(done.verb)(target_at(ids, done.target), *done.args, at=done.at, **kwargs)
        again = laws.story(laws.family(self.root))
        differing = sorted(map(str, set(told_first.items()) ^ set(again.items())))[:6]
        hold(told_first == again, f"lived again without a dispatcher, other facts: {differing}")


def _staff(staff_id: int) -> Actor:
    return Actor(f"staff:{staff_id}")
