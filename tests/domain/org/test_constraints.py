"""What the database itself refuses, whatever the code above it does."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.org.models import ApiToken, Holding, Leave, OrgRevision, OrgUnit, Post, Staff
from tests.domain.org import given
from tests.domain.org.given import DAY, HOUR, NOON, START

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    return given.organisation()


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


def test_one_holding_does_not_overlap_itself_and_touching_is_not_overlapping(ids):
    kim = given.person("kim")
    same = {"staff_id": kim, "post": Post.objects.get(code="agent"), "unit_id": ids["east"]}
    Holding.objects.create(**same, held_from=NOON, held_until=NOON + DAY)

    with refused("holding_is_held_once_at_a_time"), transaction.atomic():
        Holding.objects.create(**same, held_from=NOON + HOUR)
    Holding.objects.create(**same, held_from=NOON + DAY)

    assert Holding.objects.count() == 2


def test_periods_last(ids):
    kim = given.person("kim")
    post = Post.objects.get(code="agent")

    with refused("holding_ends_after_it_begins"), transaction.atomic():
        Holding.objects.create(
            staff_id=kim, post=post, unit_id=ids["east"], held_from=NOON, held_until=NOON
        )
    with refused("leave_ends_after_it_begins"), transaction.atomic():
        Leave.objects.create(staff_id=kim, away_from=NOON, away_until=NOON, recorded_at=START)
    with refused("leave_is_not_delegated_to_oneself"), transaction.atomic():
        Leave.objects.create(
            staff_id=kim, delegate_id=kim, away_from=NOON, away_until=NOON + DAY, recorded_at=START
        )

    assert (Holding.objects.count(), Leave.objects.count()) == (0, 0)


def test_login_names_are_lower_case_and_unique():
    given.person("kim")

    for login in ("Kim", "ki m", ""):
        with refused("staff_login_name_is_lower_case"), transaction.atomic():
            Staff.objects.create(login_name=login, name="x", joined_at=START)
    with refused("login_name"), transaction.atomic():
        Staff.objects.create(login_name="kim", name="x", joined_at=START)

    assert list(Staff.objects.values_list("login_name", flat=True)) == ["kim"]


def test_failures_have_a_beginning():
    kim = given.person("kim")

    with refused("staff_first_failed_at_iff_failures_counted"), transaction.atomic():
        Staff.objects.filter(pk=kim).update(failed_sign_ins=2)

    assert Staff.objects.get(pk=kim).failed_sign_ins == 0


def test_a_unit_is_not_its_own_parent_and_paths_are_ids(ids):
    before = OrgUnit.objects.get(pk=ids["hq"])
    with refused("org_unit_is_not_its_own_parent"), transaction.atomic():
        OrgUnit.objects.filter(pk=ids["hq"]).update(parent_id=ids["hq"])
    with refused("org_unit_path_is_slashed_ids"), transaction.atomic():
        OrgUnit.objects.filter(pk=ids["hq"]).update(path="/hq/")

    after = OrgUnit.objects.get(pk=ids["hq"])
    assert (after.parent_id, after.path) == (before.parent_id, before.path)


def test_there_is_one_revision():
    OrgRevision.objects.get_or_create(id=1, defaults={"revision": 1})  # a flush takes it away
    with refused("org_revision_is_one_row"), transaction.atomic():
        OrgRevision.objects.create(id=2, revision=1)

    assert OrgRevision.objects.count() == 1


def test_a_token_allows_something():
    kim = given.person("kim")

    with refused("token_allows_something"), transaction.atomic():
        ApiToken.objects.create(
            staff_id=kim, name="x", hint="x", token_hash="x", scopes=[], created_at=NOON
        )

    assert not ApiToken.objects.exists()
