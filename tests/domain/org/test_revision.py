"""Who may what is read once per request, and anew after a write and in the next request."""

from collections.abc import Iterator

import pytest

from bihuan.domain.org import queries
from bihuan.domain.org.queries.tree import begin_request, end_request, revision
from bihuan.kit import db
from tests.domain.org import given
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that ask for the revision alone, from the organisation's founding on."""
    given.organisation()
    statements: list[str] = []
    one = db.one

    def noted(query, *rest, **more):
        statements.append(query)
        return one(query, *rest, **more)

    monkeypatch.setattr(db, "one", noted)
    yield statements
    end_request()


def test_one_request_reads_the_revision_once(asked):
    begin_request()
    assert {revision() for _ in range(3)} == {revision()}
    assert len(asked) == 1


def test_a_write_within_a_request_is_seen_by_the_rest_of_it(asked):
    begin_request()
    before = revision()
    east = queries.unit_by_code("east")
    kim = given.person("kim", ("agent", east.id))
    assert revision() > before
    assert queries.access_of(kim, NOON).posts == (("agent", east.id),)


def test_the_next_request_reads_it_anew(asked):
    begin_request()
    before = revision()
    end_request()
    given.person("kim")
    begin_request()
    assert revision() > before


def test_outside_requests_nothing_is_kept(asked):
    assert revision() == revision()
    assert len(asked) == 2
