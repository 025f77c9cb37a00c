"""Who the customers of these tests belong to, and who works with them."""

import pytest

from bihuan.domain.ledger.events import Actor
from tests.domain.org import given


@pytest.fixture
def ids() -> dict[str, int]:
    """The org units, by their codes."""
    return given.organisation()


@pytest.fixture
def clerk(ids: dict[str, int]) -> Actor:
    return given.actor(given.person("fang", ("admin", ids["east"])))


@pytest.fixture
def home(settings, tmp_path) -> None:
    """A folder of its own for the files that are taken in."""
    settings.HOME = tmp_path
