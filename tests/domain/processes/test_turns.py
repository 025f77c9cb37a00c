"""A unit's turn is one thing, wherever it is worked out: in Python, in statements, and what a tile looks for."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import queries
from bihuan.domain.processes.actions.reordering import reorder
from bihuan.domain.processes.choices import FAR, MOST_HEAD_START, Tier, turn_in_sql, turn_of
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.kit import db
from tests.domain.processes.given import HOUR, NINE, person, place, publish, started
from tests.engines.bpmn_given import process

SOURCE = Path(__file__).parents[3] / "src"
ASSIGNED = re.compile(r"turn_at = *(.+)")
# Made of the one definition: here, in a statement of a file, or in Python (`turn_of`), whose values a statement copies.
MADE = re.compile(r"\{turn_in_sql\(|@TURN|x\.turn_at,|models\.DateTimeField")
PRIORITIES = (-10, 0, 10, 50, 51, 80, 90, 100, 101, 999_999)


@pytest.mark.django_db
def test_python_and_sql_say_the_same_of_every_priority():
    turn = turn_in_sql("r", "p")
    sql = f"select {turn} from unnest(%s::timestamptz[], %s::int[]) as x (r, p)"  # noqa: S608
    given = [(due, priority) for due in (NINE, None) for priority in PRIORITIES]

    found = [row[0] for row in db.rows(sql, ([d or FAR for d, _ in given], [p for _, p in given]))]

    assert found == [turn_of(*one) for one in given]
    assert turn_of(NINE, 100) == turn_of(NINE, 999_999) == NINE - MOST_HEAD_START == NINE - 4 * HOUR
    assert turn_of(NINE, 90) == NINE - timedelta(hours=3, minutes=12)


def test_nobody_works_a_turn_out_by_themselves():
    texts = {
        path: path.read_text("utf-8")
        for kind in ("py", "sql")
        for path in SOURCE.rglob(f"*.{kind}")
        if "migrations" not in path.parts
    }
    found = [(path.name, one) for path, text in texts.items() for one in ASSIGNED.findall(text)]

    assert [one for one in found if not MADE.search(one[1])] == []
    assert len(found) >= 6


@pytest.mark.django_db
def test_a_unit_beyond_the_highest_priority_is_in_the_tile_that_counts_it():
    units = place()
    publish(process("a user post=agent limit=9h", "start a; a end"))
    agent = person("agent", ("agent", units["east"]))
    made = started(units["east"], NINE)
    ProcessInstance.objects.filter(pk=made.id).update(root="thing:1")
    reorder({"thing:1": 900})
    unit = Token.objects.get(instance_id=made.id, kind="USER")

    wanted = queries.InboxFilter(tier=Tier.NORMAL)
    page = queries.inbox(access_of(agent, NINE), at=NINE, wanted=wanted)

    assert unit.turn_at == turn_of(unit.due_at, unit.priority)
    assert [row.id for row in page.rows] == [unit.pk]
