"""The world is built once for all tests here: building it costs more than most of them."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.surfaces.privacy.world import World, build


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """Return the world, in a transaction that is rolled back; each test's own lies inside it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)
