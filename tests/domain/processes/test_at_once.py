"""Two at once on one instance, over real connections: one wins, the other is told why, facts come once."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.models import Fact
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn.model import LimitGroup
from bihuan.kit.problems import Refused
from tests.domain.processes.given import HOUR, MINUTE, NINE, SYSTEM, person, place, publish, staff
from tests.engines.bpmn_given import process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
WORK = process(
    """a user post=agent limit=1h warnAt=50%; a/late boundary timer=PT1H; n user post=agent
    f and; l user post=agent limit=1h; r user post=agent limit=2h; j and; z user post=agent""",
    "start a; a f; late n; n end; f l; f r; l j; r j; j z; z end",
    LimitGroup("whole", "整单", "2wd", ("a", "l", "r", "z"), calendar="office"),
)
ROUNDS = 4
Deed = Callable[["Scene", datetime], object]


class Scene:
    """An instance with two people on its post."""

    def __init__(self, unit_id: int, people: list[int], *, at_pair: bool) -> None:
        self.unit_id, self.people, self.root = unit_id, people, f"thing:{uuid4()}"
        self.id = actions.start_process(
            definition_key="test.work", subject=self.root, root=self.root, org_unit_id=unit_id,
            variables={}, by=SYSTEM, at=NINE,
        ).id  # fmt: skip
        self.units = {"a": self.id << 20 | 1}
        if at_pair:
            actions.submit(self.units["a"], {}, by=staff(people[0]), at=NINE)
            self.units |= {t.node: t.pk for t in Token.objects.filter(instance_id=self.id)}

    def facts(self) -> Counter[str]:
        return Counter(Fact.objects.filter(root=self.root).values_list("name", flat=True))

    def at_once(self, *deeds: Deed, at: datetime) -> list[object]:
        """Let them happen at the same moment and return what each came to: None or its failure."""
        out: list[object] = [None] * len(deeds)
        begin = threading.Barrier(len(deeds))

        def run(place: int, deed: Deed) -> None:
            begin.wait()
            try:
                deed(self, at)
            except BaseException as failure:  # noqa: BLE001 -- the test says what came out
                out[place] = failure
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=one) for one in enumerate(deeds)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return out


@pytest.fixture
def scene() -> Callable[..., Scene]:
    units = place()
    publish(WORK)
    people = [person(f"p{n}", ("agent", units["hq"])) for n in range(2)]
    return lambda *, at_pair=False: Scene(units["east"], people, at_pair=at_pair)


def on(node: str, verb: str, person: int = 0, *args: object, **kwargs: object) -> Deed:
    return lambda s, at: getattr(actions, verb)(
        s.units[node], *args, by=staff(s.people[person]), at=at, **kwargs
    )


def whole(verb: str, *args: object, **kwargs: object) -> Deed:
    return lambda s, at: getattr(actions, verb)(s.id, *args, by=SYSTEM, at=at, **kwargs)


def dispatch(_scene: Scene, at: datetime) -> None:
    for _ in range(5):
        clocks.recompute_stale()
        clocks.fire_due(at)


def holiday(_scene: Scene, at: datetime) -> None:
    clocks.edit_days("office", [clocks.DayEdit(at.date(), ())], by=SYSTEM, at=at)


@transaction.atomic
def republish(_scene: Scene, _at: datetime) -> None:
    found = Definition.objects.get(kind="process", key="test.work", status="PUBLISHED")
    found.status, found.retired_at = "RETIRED", NINE
    found.save()
    found.pk, found.version, found.retired_at = None, found.version + 1, None
    found.status = "PUBLISHED"
    found.save()


def start(scene: Scene, at: datetime) -> None:
    actions.start_process(
        definition_key="test.work", subject=f"{scene.root}-b", root=f"{scene.root}-b",
        org_unit_id=scene.unit_id, variables={}, by=SYSTEM, at=at,
    )  # fmt: skip


PAIRS: list[tuple[str, bool, tuple[Deed, ...], int]] = [
    ("two claims", False, (on("a", "claim", 0), on("a", "claim", 1)), 1),
    ("two submits", False, (on("a", "submit", 0, {}), on("a", "submit", 1, {})), 1),
    ("claim and submit", False, (on("a", "claim", 0), on("a", "submit", 1, {})), 1),
    ("suspend and submit", False, (whole("suspend", reason="等"), on("a", "submit", 1, {})), 0),
    ("terminate and submit", False, (whole("terminate", reason="停"), on("a", "submit", 1, {})), 0),
    ("jump and submit", False, (whole("jump", "z", reason="急"), on("a", "submit", 1, {})), 0),
    ("both branches", True, (on("l", "submit", 0, {}), on("r", "submit", 1, {})), 2),
    ("return and the other branch", True,
     (lambda s, at: actions.return_unit(s.units["l"], "a", reason="退", by=SYSTEM, at=at),
      on("r", "submit", 1, {})), 0),
    ("withdraw and submit", True, (on("a", "withdraw", 0), on("l", "submit", 1, {})), 0),
    ("transfer and submit", True,
     (lambda s, at: actions.transfer(s.units["l"], to_staff_id=s.people[0], by=SYSTEM, at=at),
      on("l", "submit", 1, {})), 0),
    ("two dispatchers and a submit", False, (dispatch, dispatch, on("a", "submit", 0, {})), 0),
    ("calendar, dispatcher and both branches", True,
     (holiday, dispatch, on("l", "submit", 0, {}), on("r", "submit", 1, {})), 0),
    ("publishing and starting", False, (republish, start, start), 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at_pair", "deeds", "succeed"), [pytest.param(*one[1:], id=one[0]) for one in PAIRS]
)
def test_one_wins_and_the_other_is_told_why(
    scene: Callable[..., Scene], *, at_pair: bool, deeds: tuple[Deed, ...], succeed: int
):
    first = scene(at_pair=at_pair)
    for turn in range(ROUNDS):
        here = first if turn == 0 else Scene(first.unit_id, first.people, at_pair=at_pair)
        # An hour on, the timer and the limit of the first unit are due this very moment.
        out = here.at_once(*deeds, at=NINE + HOUR - MINUTE * bool(succeed))

        for failure in out:
            assert failure is None or isinstance(failure, Refused), failure
        won = sum(failure is None for failure in out)
        assert succeed in {0, won}, out
        check(here)


def check(scene: Scene) -> None:
    """Every unit began once and ended once at most, and what is open is what the facts say."""
    facts = scene.facts()
    units = Token.objects.filter(instance_id=scene.id, kind="USER")
    opened, ended = Counter(), Counter()
    for fact in Fact.objects.filter(root=scene.root, name__startswith="unit."):
        opened[fact.subject] += fact.name == "unit.opened"
        ended[fact.subject] += fact.name in {"unit.submitted", "unit.cancelled", "unit.returned"}
    assert set(opened.values()) == {1}
    assert max(ended.values(), default=0) <= 1
    live = {f"unit:{t.pk}" for t in units.filter(state__in=["OPEN", "CLAIMED"])}
    assert live == set(opened) - {subject for subject, count in ended.items() if count}
    assert facts["process.started"] == 1
    assert facts["timer.fired"] <= 1
    instance = ProcessInstance.objects.get(pk=scene.id)
    assert (instance.ended_at is None) == bool(live)
