"""The unit tree keeps its paths, whoever changes it."""

import pytest
from django.db import IntegrityError, connection, transaction

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions, queries
from bihuan.domain.org.models import OrgUnit
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given

pytestmark = pytest.mark.django_db


def paths() -> dict[str, str]:
    names = {unit.pk: unit.code for unit in OrgUnit.objects.all()}
    return {
        unit.code: "/".join(names[int(one)] for one in unit.path.strip("/").split("/"))
        for unit in OrgUnit.objects.all()
    }


def test_paths_lead_from_the_root():
    given.organisation()

    assert paths() == {
        "hq": "hq",
        "east": "hq/east",
        "west": "hq/west",
        "east1": "hq/east/east1",
    }


def test_moving_a_unit_takes_its_subtree_along():
    ids = given.organisation()

    moved = actions.move_unit(unit_id=ids["east"], parent_id=ids["west"], by=SYSTEM, at=given.NOON)

    assert moved.parent_id == ids["west"]
    assert paths() == {
        "hq": "hq",
        "west": "hq/west",
        "east": "hq/west/east",
        "east1": "hq/west/east/east1",
    }
    assert set(queries.units_under(ids["west"])) == {ids["west"], ids["east"], ids["east1"]}
    [fact] = ledger.facts_of(f"org_unit:{ids['east']}", names=["org_unit.moved"]).rows
    assert fact.data == {"before": ids["hq"], "after": ids["west"]}


def test_a_unit_cannot_move_below_itself():
    ids = given.organisation()
    before = paths()

    with pytest.raises(actions.UnitMovedIntoItself):
        actions.move_unit(unit_id=ids["east"], parent_id=ids["east1"], by=SYSTEM, at=given.NOON)

    assert paths() == before


def test_a_code_is_used_once():
    ids = given.organisation()

    with pytest.raises(actions.UnitCodeTaken):
        actions.create_unit(
            code="east", name="另一个", parent_id=ids["hq"], by=SYSTEM, at=given.NOON
        )

    assert OrgUnit.objects.count() == 4


def test_the_database_refuses_a_path_that_does_not_follow_its_parent():
    ids = given.organisation()

    connection.cursor().execute("set constraints all immediate")
    with pytest.raises(IntegrityError, match="does not follow its parent"), transaction.atomic():
        OrgUnit.objects.filter(code="east1").update(path=f"/{ids['east1']}/")


def test_the_database_refuses_a_parent_whose_children_were_left_behind():
    ids = given.organisation()

    connection.cursor().execute("set constraints all immediate")
    with pytest.raises(IntegrityError, match="does not follow its parent"), transaction.atomic():
        OrgUnit.objects.filter(code="east").update(path=f"/{ids['east']}/", parent=None)


def test_only_who_manages_everything_makes_a_root():
    ids = given.organisation()
    lee = given.person("lee", ("admin", ids["east"]))

    with pytest.raises(NotAllowed):
        actions.create_unit(
            code="own", name="自立", parent_id=None, by=given.actor(lee), at=given.NOON
        )
    actions.create_unit(
        code="east2", name="东二班", parent_id=ids["east"], by=given.actor(lee), at=given.NOON
    )
    with pytest.raises(NotAllowed):
        actions.create_unit(
            code="west1", name="西一班", parent_id=ids["west"], by=given.actor(lee), at=given.NOON
        )

    assert set(paths()) == {"hq", "east", "east1", "east2", "west"}


def test_the_subtree_of_a_unit_is_found_through_the_index():
    given.organisation()
    db.run("set local enable_seqscan = off")

    plan = db.rows("explain select id from org_orgunit where path like '/1/%'")

    assert "org_unit_under" in " ".join(line for (line,) in plan)


def test_every_write_changes_the_revision_and_a_rollback_gives_none_back():
    before = queries.revision()
    with transaction.atomic():
        given.organisation()
        undone = queries.revision()
        transaction.set_rollback(True)
    given.organisation()

    assert before < undone < queries.revision()
    assert set(queries.tree().by_code) == {"hq", "east", "west", "east1"}
