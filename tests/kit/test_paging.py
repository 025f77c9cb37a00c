import pytest
from django.db.models import QuerySet

from bihuan.kit import paging
from bihuan.kit.models import Serial
from bihuan.kit.paging import keyset

pytestmark = pytest.mark.django_db


@pytest.fixture
def serials() -> QuerySet[Serial]:
    for last, scope in enumerate("aabbc"):
        Serial.objects.create(scope=scope, day=f"2026-03-0{last + 1}", last=last % 2)
    return Serial.objects.all()


def lasts(page: paging.Page[Serial]) -> list[tuple[str, int]]:
    return [(row.scope, row.day.day if hasattr(row.day, "day") else 0) for row in page.rows]


def test_pages_follow_one_another_without_gap_or_repeat(serials):
    seen = []
    cursor = ""
    while True:
        page = keyset(serials, order=("-last", "day"), after=cursor, size=2)
        seen += lasts(page)
        cursor = page.next_cursor
        if not cursor:
            break

    assert seen == [("a", 2), ("b", 4), ("a", 1), ("b", 3), ("c", 5)]


def test_the_page_before_is_the_page_one_came_from(serials):
    first = keyset(serials, order=("-last", "day"), size=2)
    second = keyset(serials, order=("-last", "day"), after=first.next_cursor, size=2)

    back = keyset(serials, order=("-last", "day"), before=second.prev_cursor, size=2)

    assert lasts(back) == lasts(first)
    assert back.prev_cursor == ""
    assert lasts(keyset(serials, order=("-last", "day"), after=back.next_cursor, size=2)) == lasts(
        second
    )


def test_an_empty_list_has_no_cursors(serials):
    page = keyset(serials.filter(scope="z"), order=("id",))

    assert (page.rows, page.next_cursor, page.prev_cursor) == ([], "", "")


@pytest.mark.parametrize("cursor", ["%%%", "e30", paging.encode([1])])
def test_a_cursor_that_is_not_ours_is_refused(serials, cursor):
    with pytest.raises(paging.CursorNotOurs):
        keyset(serials, order=("-last", "day"), after=cursor)
