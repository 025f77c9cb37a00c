"""A replay whose workers, web, database and itself are killed ends as an undisturbed one does."""

import csv
import io
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.timeout(300)  # starts and kills servers, on machines however busy
ROOT = Path(__file__).parents[2]
INCIDENTS = 400
HEADER = next(
    csv.reader(
        [
            "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,caller_id,"
            "opened_at,sys_updated_by,sys_updated_at,contact_type,category,subcategory,u_symptom,"
            "impact,urgency,assignment_group,assigned_to,resolved_by"
        ]
    )
)


class Log:
    """Writes incidents as ServiceNow would: random, and the same each time."""

    def __init__(self) -> None:
        self.dice = random.Random(5)  # noqa: S311 — a log, no secret

    def write(self, place: Path) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, HEADER, lineterminator="\n")
        writer.writeheader()
        for number in range(INCIDENTS):
            writer.writerows(self.incident(number))
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("events.csv", text.getvalue())

    def incident(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the rows of one incident: taken in, worked, perhaps handed on, waiting, refused or reopened."""
        at = datetime(2016, 3, 1, 9, tzinfo=UTC) + timedelta(minutes=7 * number)
        row: dict[str, Any] = {
            **dict.fromkeys(HEADER, "?"),
            "number": f"INC{number:07}",
            "reassignment_count": 0,
            "reopen_count": 0,
            "caller_id": f"Caller {number % 37}",
            "opened_at": _text(at),
            "contact_type": self.dice.choice(["Phone", "Email"]),
            "category": f"Category {number % 11}",
            "subcategory": f"Subcategory {number % 5}",
            "assignment_group": "Group 1",
        }
        for count, change in enumerate(self.life()):
            at += timedelta(minutes=self.dice.choice([1, 30, 300, 4000]))
            row |= change
            row["reassignment_count"] += "assignment_group" in change
            row["reopen_count"] += change.get("again", 0)
            told = {"sys_mod_count": count, "sys_updated_at": _text(at)}
            told["sys_updated_by"] = f"Updated by {self.dice.randrange(9)}"
            yield {key: value for key, value in {**row, **told}.items() if key in HEADER}

    def life(self) -> Iterator[dict[str, Any]]:
        yield {"incident_state": "New"}
        for turn in range(self.dice.choice([1, 1, 1, 2])):
            yield {
                "incident_state": "Active",
                "assigned_to": self.someone(),
                "again": int(turn > 0),
            }
            if self.dice.random() < 0.4:
                group = f"Group {self.dice.randrange(2, 6)}"
                yield {"assignment_group": group, "assigned_to": self.someone()}
            if self.dice.random() < 0.3:
                yield {"incident_state": "Awaiting User Info"}
                yield {"incident_state": "Active"}
            if self.dice.random() < 0.2:
                yield {"category": "Category 3", "urgency": "1 - High"}
            yield {"incident_state": "Resolved", "resolved_by": "Resolved by 4"}
            if self.dice.random() < 0.3:
                yield {"incident_state": "Closed"}
        yield {"incident_state": "Closed"}

    def someone(self) -> str:
        return f"Resolver {self.dice.randrange(20)}"


def _text(at: datetime) -> str:
    return f"{at.day}/{at.month}/{at.year} {at:%H:%M}"


class Site:
    """A home of its own, with a port of its own."""

    def __init__(self, base: Path) -> None:
        self.home = base / "home"
        self.log = base / "log.zip"
        Log().write(self.log)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {key: value for key, value in os.environ.items() if "BIHUAN" not in key}
        kept.pop("DATABASE_URL", None)
        self.environment = kept | {
            "BIHUAN_HOME": str(self.home),
            "BIHUAN_PORT": str(port),
            "BIHUAN_PG_OPTIONS": "fsync=off",
            "PYTHONPATH": str(ROOT / "src"),
        }

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bihuan.config", *arguments],
            env=self.environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more: str) -> str:
        done = self.start(*arguments, **more)
        said, complained = done.communicate()
        assert done.returncode == 0, complained
        return said

    def replay(self, **more: str) -> subprocess.Popen[str]:
        return self.start(
            *("replay", "incidents", str(self.log), "--pack", "itsm", "--digest", "--json"), **more
        )

    @property
    def database(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.run("db", "status", "--json"))
        return said


@pytest.fixture
def site() -> Iterator[Site]:
    base = Path(tempfile.mkdtemp(prefix="bihuan-replay-"))
    base.chmod(0o711)  # run by root, the database is another user and must pass through
    made = Site(base)
    try:
        made.run("db", "start")
        made.run("migrate")
        made.run("pack", "install", str(ROOT / "packs" / "itsm"))
        yield made
    finally:
        made.run("stop")
        shutil.rmtree(base)


def calm(url: str) -> str:
    """Copy the database into another one of the same server; return its address."""
    with psycopg.connect(url.replace("/bihuan", "/postgres"), autocommit=True) as connection:
        connection.execute("create database calm template bihuan")
    return url.replace("/bihuan", "/calm")


def cases(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("select count(*) from cases_case").fetchone()
    except psycopg.OperationalError:
        return 0
    return row[0] if row else 0


def until(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    while not happened():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() - began < 120, "it did not happen"
        time.sleep(0.01)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    files = Path(f"/proc/{process.pid}/task").glob("*/children")
    children = " ".join(file.read_text() for file in files).split()
    return [int(one) for one in children if b"spawn_main" in _command(int(one))]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, complained = process.communicate()
    assert process.returncode == 0, complained
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    del found["seconds"]
    return found


def test_whatever_is_killed_the_end_is_the_same(site):
    url = site.database["url"]
    undisturbed = result(site.replay(DATABASE_URL=calm(url)))
    web = site.start("web")

    first = site.replay()
    until(lambda: cases(url) >= 60, first)
    kill(workers_of(first)[0])
    until(lambda: cases(url) >= 140, first)
    kill(web.pid)
    kill(site.database["pid"])
    web.communicate()
    until(lambda: cases(url) >= 240, first)
    kill(first.pid)
    first.communicate()

    second = site.replay()
    until(lambda: cases(url) >= 320, second)
    kill(site.database["supervisor_pid"])
    disturbed = result(second)

    assert undisturbed["incidents"] == INCIDENTS
    assert undisturbed["inexpressible"] == 0
    assert disturbed == undisturbed
    assert result(site.replay()) == undisturbed
