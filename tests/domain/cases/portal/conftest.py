"""Both packs stand ready once for all tests here: installing them costs more than every test together."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.domain.cases.portal import given


@pytest.fixture(scope="package")
def packs(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Install within a transaction that is rolled back; each test's own lies inside it."""
    with django_db_blocker.unblock(), transaction.atomic():
        given.install("complaint", "hotline")
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _packs(packs: None, db: None, settings, tmp_path) -> None:
    settings.HOME = tmp_path
