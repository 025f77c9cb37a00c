"""The test database: one embedded server for the whole run, in a temporary home.

`DATABASE_URL` names another server instead; so the kernel is tested on Debian's PostgreSQL too.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from bihuan.integrations import postgres_embedded

_HOME = "BIHUAN_TEST_HOME"
_OWNER = "BIHUAN_TEST_OWNER"

# A busy machine is not a failure; what CI tries is the same every time.
hypothesis.settings.register_profile(
    "bihuan",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("bihuan")


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's home once, before the workers start; they inherit its name."""
    if "DATABASE_URL" in os.environ or _HOME in os.environ:
        return
    base = Path(tempfile.mkdtemp(prefix="bihuan-test-"))
    base.chmod(0o711)  # run by root, the server is another user and must pass through
    os.environ[_HOME] = str(base / "home")
    os.environ[_OWNER] = str(os.getpid())
    # Nothing here must survive a power cut.
    os.environ.setdefault(
        "BIHUAN_PG_OPTIONS",
        "fsync=off synchronous_commit=off full_page_writes=off"
        # A connection left open by one test must not make the next wait for ever.
        " idle_in_transaction_session_timeout=20s lock_timeout=40s statement_timeout=100s",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove its home; only the process that made it does."""
    if os.environ.get(_OWNER) != str(os.getpid()):
        return
    home = Path(os.environ[_HOME])
    if home.exists():
        postgres_embedded.stop(postgres_embedded.Layout(home))
    shutil.rmtree(home.parent)
    for name in (_HOME, _OWNER):
        del os.environ[name]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Start the run's server and point Django at it, at the first test that needs a database."""
    if _HOME not in os.environ:
        return
    layout = postgres_embedded.Layout(postgres_embedded.prepare_home(Path(os.environ[_HOME])))
    postgres_embedded.ensure(layout, until_pid_ends=int(os.environ[_OWNER]))
    settings.DATABASES["default"]["HOST"] = str(layout.sockets)


# What Django's flush after a test with transactions of its own leaves behind, and what it takes away.
_AS_AT_THE_BEGINNING = """
set session_replication_role = replica;
truncate ledger_fact, ledger_outbox, procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs;
set session_replication_role = origin;
insert into org_orgrevision (id, revision) values (1, nextval('org_revision_numbers')) on conflict do nothing
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Leave the database as the migrations made it, for whichever test comes next.

    After the last test of a run the tests' database is gone, and Django is back at the one it was configured for.
    """
    yield
    marker = item.get_closest_marker("django_db")
    is_ours = nextitem is not None and connection.settings_dict["NAME"].startswith("test_")
    if is_ours and marker is not None and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock(), connection.cursor() as cursor:
            cursor.execute(_AS_AT_THE_BEGINNING)


# What takes long begins first, so that nobody waits for it alone at the end; most of it waits for others.
_FIRST = ("tests/journeys", "tests/integrations", "tests/generative", "tests/config")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first and keep folders and modules together: what they share is then made once."""
    order: dict[Path, int] = {}
    for item in items:
        for place in (item.path.parent, item.path):
            order.setdefault(place, len(order))

    def rank(item: pytest.Item) -> tuple[int, int, int]:
        name = item.path.relative_to(item.config.rootpath).as_posix()
        first = next((n for n, folder in enumerate(_FIRST) if name.startswith(folder)), len(_FIRST))
        return first, order[item.path.parent], order[item.path]

    items.sort(key=rank)
