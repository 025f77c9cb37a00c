"""Our mail programs as they run in production, against a database of their own and the real servers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings

from bihuan.config import database
from bihuan.config.bench.clocks import url_of
from bihuan.domain.interactions.models import Delivery
from tests.integrations.mail_servers.servers import OURS, PASSWORD, MailServers, until

MAILBOXES = f"service@{OURS}=complaint poll@{OURS}=complaint"
SOURCE = Path(__file__).parents[3] / "src"


class MailService:
    """`bihuan mail serve` and `bihuan mail sort`, and the database below them."""

    def __init__(self, servers: MailServers, home: Path) -> None:
        self.servers = servers
        self.home = home
        self.log_file = home / "mail.log"
        kept = {key: value for key, value in os.environ.items() if "BIHUAN" not in key}
        self.environment = kept | {
            "DATABASE_URL": url_of(database.conninfo()),
            "BIHUAN_HOME": str(home),
            "BIHUAN_MAILBOXES": MAILBOXES,
            "BIHUAN_SECRET_KEY": settings.SECRET_KEY,
            "BIHUAN_MAIL_LMTP": f"127.0.0.1:{servers.lmtp}",
            "BIHUAN_MAIL_SMTP": f"smtp://127.0.0.1:{servers.smtp}",
            "BIHUAN_MAIL_IMAP": f"imap://poll%40{OURS}:{PASSWORD}@127.0.0.1:{servers.imap}/INBOX",
            "BIHUAN_MAIL_POLL_SECONDS": "0.5",
            "PYTHONPATH": str(SOURCE),
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        for what in ("serve", "sort"):
            with self.log_file.open("ab") as log:
                # Supervised, as `bihuan serve` runs them.
                command = [sys.executable, "-m", "bihuan.config", "--supervised", "mail", what]
                self._running.append(
                    subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
                )
        # Both: one that has not come up yet when the database goes away refuses to start.
        said = ("mail is taken over", "mail is sorted")
        until(lambda: all(one in self.log() for one in said), 90, self.log)

    def stop(self) -> None:
        for program in self._running:
            program.terminate()
        for program in self._running:
            program.wait(30)

    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def state(self) -> str:
        """Return how everything stands, for whoever waited in vain."""
        ended = [(one.args, one.returncode) for one in self._running if one.poll() is not None]
        waiting = Delivery.objects.filter(state="WAITING").values_list(
            "id", "attempts", "due_at", "last_error"
        )
        return (
            f"ended programs: {ended}\nqueued: {self.servers.queued()}\ndeliveries: {list(waiting)}\n"
            f"{self.log()[-6000:]}\n{self.servers.log()[-6000:]}"
        )


@contextmanager
def database_away() -> Iterator[None]:
    """Let nobody into the database of this test, and throw out who is in, until the block ends."""
    name = psycopg.conninfo.conninfo_to_dict(database.conninfo())["dbname"]
    with psycopg.connect(database.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f'alter database "{name}" allow_connections false')
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        try:
            yield
        finally:
            admin.execute(f'alter database "{name}" allow_connections true')
