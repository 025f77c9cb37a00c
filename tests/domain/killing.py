"""Work that is killed by force on its way, in a process of its own: nothing of it tidies up.

A new process, not a copy of this one: a copy would take over locks of DuckDB's threads without the threads.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from bihuan.config import database
from bihuan.config.bench.clocks import url_of

ROOT = Path(__file__).parents[2]
BEGUN = """
import django
django.setup()
from tests.domain.killing import in_call, kill
from tests.domain.org.given import NOON
"""


def killed(work: str) -> None:
    """Run Python that comes upon `kill` somewhere, with this test's database and home."""
    environment = os.environ | {
        "DATABASE_URL": url_of(database.conninfo()),
        "BIHUAN_HOME": str(settings.HOME),
        "BIHUAN_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "bihuan.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    done = subprocess.run(
        [sys.executable, "-c", BEGUN + work],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def kill(*_arguments: object, **_options: object) -> None:
    """Be killed (-9)."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_call(number: int, plain: Callable[..., object]) -> Callable[..., object]:
    """Return a function that does as before and is killed in its call of this number, its work done and not committed."""
    calls = []

    def counted(*arguments: object, **options: object) -> object:
        calls.append(1)
        found = plain(*arguments, **options)
        if len(calls) == number:
            kill()
        return found

    return counted
