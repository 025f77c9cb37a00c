"""A row written on a hot path is the row Django would have saved."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from bihuan.kit.inserting import insert
from bihuan.kit.models import RequestKey

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def row(key: str) -> RequestKey:
    return RequestKey(
        scope="a",
        key=key,
        fingerprint="f",
        status=201,
        answer={"id": [1, "甲"]},
        carried_out_at=NOON,
    )


def test_a_row_is_the_same_as_one_django_saved():
    saved, inserted = row("one"), insert(row("two"))
    saved.save()
    found = {one.key: one for one in RequestKey.objects.all()}

    assert found["two"].pk == inserted.pk
    assert not inserted._state.adding
    for name in ("scope", "fingerprint", "status", "answer", "carried_out_at"):
        assert getattr(found["one"], name) == getattr(found["two"], name)


def test_what_the_database_refuses_is_raised():
    insert(row("one"))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(row("one"))
