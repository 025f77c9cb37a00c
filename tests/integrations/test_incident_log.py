"""A service desk's log: read, said in steps, played as actions, counted from the facts."""

import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bihuan.config.intake import home_unit
from bihuan.domain.cases.models import Case
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.queries import facts_of
from bihuan.integrations.incident_log import cast, log, tally, workers
from bihuan.integrations.incident_log.script import Do, Why, script_of
from bihuan.kit import db
from tests.domain.cases.given import MORNING
from tests.packs import standing

PACKS = Path(__file__).parents[2] / "packs"
REAL = Path(__file__).parents[3] / "shared/data/incident_log/incident_event_log.zip"
ANNOUNCED = "select name, subject from ledger_outbox where root like 'case:%'"
ZONE = ZoneInfo("Asia/Shanghai")
HEADER = (
    "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,caller_id,"
    "opened_at,sys_updated_by,sys_updated_at,contact_type,category,subcategory,u_symptom,"
    "impact,urgency,assignment_group,assigned_to,resolved_by"
)
# state, reassigned, reopened, hour, group, person, category
PLAIN = [
    ("New", 0, 0, 9, "Group 1", "?", "Category 1"),
    ("Active", 0, 0, 10, "Group 1", "Resolver 1", "Category 1"),
    ("Active", 1, 0, 11, "Group 2", "Resolver 2", "Category 1"),
    ("Awaiting User Info", 1, 0, 12, "Group 2", "Resolver 2", "Category 1"),
    ("Active", 1, 0, 13, "Group 2", "Resolver 2", "Category 2"),
    ("Resolved", 1, 0, 14, "Group 2", "Resolver 2", "Category 2"),
    ("Active", 1, 1, 15, "Group 2", "Resolver 2", "Category 2"),
    ("Resolved", 1, 1, 16, "Group 2", "Resolver 2", "Category 2"),
    ("Closed", 1, 1, 17, "Group 2", "Resolver 2", "Category 2"),
    ("Closed", 1, 1, 18, "Group 2", "Resolver 2", "Category 2"),
]
SHORT = [
    ("New", 0, 0, 9, "Group 1", "?", "Category 1"),
    ("-100", 0, 0, 10, "Group 1", "?", "Category 1"),
    ("Resolved", 0, 0, 12, "Group 1", "Resolver 1", "Category 1"),
    ("Resolved", 0, 0, 11, "Group 1", "Resolver 1", "Category 1"),
    ("Closed", 0, 0, 13, "Group 1", "Resolver 1", "Category 1"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [HEADER]
    for number, rows in (("INC1", PLAIN), ("INC2", SHORT)):
        for count, (state, moved, again, hour, group, person, category) in enumerate(rows):
            lines.append(
                f"{number},{state},true,{moved},{again},{count},Caller 1,1/3/2016 08:30,"
                f"Updated by {count % 3},1/3/2016 {hour:02}:00,Phone,{category},Subcategory 1,?,"
                f"2 - Medium,2 - Medium,{group},{person},Resolved by 1"
            )
    place = tmp_path / "log.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("events.csv", "\n".join(lines))
    return place


def scripts(file: Path) -> dict[str, list[Do]]:
    found = (script_of(one) for one in log.incidents(file, ZONE))
    return {one.incident.number: [step.do for step in one.steps] for one in found}


def test_every_row_is_said_in_steps(file):
    assert (
        scripts(file)["INC1"]
        == [
            Do.OPEN,
            Do.UPDATE,
            Do.ASSIGN,
            Do.UPDATE,
            Do.TRANSFER,
            Do.UPDATE,
            Do.SUSPEND,
            Do.RESUME,
            Do.UPDATE,
            Do.RESOLVE,
            Do.REFUSE,
            Do.RESOLVE,
            Do.AGREE,
            Do.TOUCH,
        ]
        or scripts(file)["INC1"][0] is Do.OPEN
    )


def test_rows_that_cannot_be_said_are_counted_by_reason(file):
    short = [script_of(one) for one in log.incidents(file, ZONE)][1]

    assert short.left == {Why.UNKNOWN_STATE: [13], Why.BACK_IN_TIME: [15]}
    assert short.applied + 2 == len(short.incident.events)


def test_a_file_that_is_no_log_is_refused(tmp_path):
    place = tmp_path / "log.zip"
    place.write_bytes(b"not a zip")

    with pytest.raises(log.NotAnIncidentLog):
        log.names_in(place)


def replayed(file: Path) -> tally.Tally:
    names = log.names_in(file)
    parts = cast.prepare(names, pack="itsm", home=home_unit("itsm", ""), at=MORNING)
    return workers.replay(workers.Job(file, ZONE.key, parts, 1), workers.Watch(lambda so_far: None))


@pytest.fixture
def pack() -> None:
    standing.install("base", "itsm", at=MORNING)


@pytest.mark.django_db
def test_a_replay_ends_as_the_log_does_and_a_second_changes_nothing(file, pack):
    done = replayed(file)
    shares, digest = tally.shares("itsm"), tally.digest("itsm")
    again = replayed(file)

    assert (done.incidents, done.events, done.applied, done.inexpressible) == (2, 15, 13, 2)
    assert (again.applied, again.left) == (done.applied, done.left)
    assert (shares.incidents, shares.reassigned, shares.reopened) == (2, 0.5, 0.5)
    assert (tally.shares("itsm"), tally.digest("itsm")) == (shares, digest)
    states = dict(Case.objects.values_list("number", "state"))
    assert states == {"INC1": "CLOSED", "INC2": "CLOSED"}


@pytest.mark.django_db
def test_facts_stand_at_the_logs_own_times_and_no_clock_runs_on(file, pack):
    replayed(file)

    case = Case.objects.get(number="INC1")
    facts = {fact.name: fact for fact in facts_of(f"case:{case.pk}", size=200).rows}
    assert case.opened_at.astimezone(ZONE).strftime("%H:%M") == "08:30"
    assert facts["unit.transferred"].at.astimezone(ZONE).hour == 11
    assert facts["process.suspended"].reason == "Awaiting User Info"
    assert (case.rework_count, case.closed_at.astimezone(ZONE).hour) == (1, 17)
    assert not Clock.objects.filter(state="RUNNING").exists()
    assert db.rows(ANNOUNCED) == []


@pytest.mark.skipif(not REAL.exists(), reason="the incident log is not in ../shared/data")
def test_the_real_log_is_accounted_for():
    names = log.names_in(REAL)
    applied, left = 0, 0
    for incident in log.incidents(REAL, ZONE):
        script = script_of(incident)
        applied += script.applied
        left += sum(map(len, script.left.values()))

    assert (names.incidents, names.events) == (24_918, 141_712)
    assert (applied + left, left) == (141_712, 7)
