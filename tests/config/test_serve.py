"""The whole service, really served, killed part by part, and stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bihuan.config import serving

pytestmark = pytest.mark.timeout(180)  # starts and stops processes, on machines however busy
SOURCE = Path(__file__).parents[2] / "src"


class Service:
    """`bihuan` in a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}/"
        kept = {key: value for key, value in os.environ.items() if "BIHUAN" not in key}
        kept.pop("DATABASE_URL", None)
        self.environment = kept | {
            "BIHUAN_HOME": str(home),
            "BIHUAN_PORT": str(port),
            "BIHUAN_PG_OPTIONS": "fsync=off",
            "PYTHONPATH": str(SOURCE),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bihuan.config", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return said

    def noted(self) -> dict[str, Any]:
        """What the supervisor last noted; cheaper than asking."""
        said: dict[str, Any] = json.loads((self.home / "serve.json").read_text())
        return said

    def is_supervised(self) -> bool:
        try:
            return is_there(self.noted()["pid"])
        except FileNotFoundError:
            return False

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, b""

    def is_healthy(self) -> bool:
        try:
            return self.get("healthz")[0] == 200
        except OSError:
            return False


@pytest.fixture
def service(served: Service) -> Service:
    """The service, whole again after what the test before did to it."""
    if not served.is_supervised():
        served.run("serve", "--detach")
    until(served.is_healthy)
    until(lambda: all(is_there(how["pid"]) for how in served.noted()["programs"].values()))
    until(lambda: len(children_of(served.noted()["programs"]["web"]["pid"])) == 2)
    return served


@pytest.fixture(scope="module")
def served() -> Iterator[Service]:
    base = Path(tempfile.mkdtemp(prefix="bihuan-serve-"))
    base.chmod(0o711)  # run by root, the database is another user and must pass through
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Service(base / "home", port)
    started = made.run("serve", "--detach")
    assert started.returncode == 0, started.stderr + _log(made)
    yield made
    made.run("stop")
    shutil.rmtree(base)


def _log(service: Service) -> str:
    log = service.home / "log" / "serve.log"
    return log.read_text() if log.exists() else ""


def until(happened: Callable[[], object], seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < seconds, "it did not happen"
        time.sleep(0.05)


def children_of(pid: int) -> set[int]:
    try:
        found = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return {int(child) for child in " ".join(found).split()}


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_updated_program_is_known_by_its_files(tmp_path):
    (tmp_path / "page.css").write_text("a{}")
    before = serving.build(tmp_path)
    (tmp_path / "code.pyc").write_text("compiled")
    assert serving.build(tmp_path) == before

    (tmp_path / "page.css").rename(tmp_path / "page-2.css")
    assert serving.build(tmp_path) != before


def test_it_says_how_it_is(service):
    said = service.status()

    assert said["healthy"] is True
    assert said["url"] == service.url
    assert {"database", "web", "worker"} <= set(said["programs"])
    assert said["database"]["running"] is True


def test_a_second_service_in_the_same_home_is_refused(service):
    second = service.run("serve")

    assert second.returncode == 2
    assert second.stderr.strip() == "服务已经在运行：用 bihuan status 查看，用 bihuan stop 停止。"


def test_the_stream_is_for_people_who_have_signed_in(service):
    assert service.get("live?topics=case:9")[0] == 401
    assert service.get("live?topics=case:9", Cookie="sessionid=forged")[0] == 401
    assert service.get("live")[0] == 400


def test_a_fact_reaches_a_browser(service):
    signed_in = service.run("manage", "shell", "-v0", "-c", _SIGN_IN)
    assert signed_in.returncode == 0, signed_in.stderr
    cookie = signed_in.stdout.split()[-1]
    request = urllib.request.Request(f"{service.url}live?topics=case:9", headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = iter(stream.readline, b"")
        assert next(line for line in lines if b"event" in line) == b"event: resync\n"
        service.run("manage", "shell", "-v0", "-c", _RECORD)
        assert next(line for line in lines if line.startswith(b"event")) == b"event: fact\n"
        fact = json.loads(next(lines).removeprefix(b"data: "))

    assert (fact["name"], fact["root"], fact["topic"]) == ("case.opened", "case:9", "case:9")


@pytest.mark.parametrize("name", ["web", "worker", "database"])
def test_a_killed_program_is_started_again(service, name):
    before = service.noted()["programs"][name]["pid"]
    restarts = service.noted()["programs"][name]["restarts"]
    orphans = children_of(before)
    with suppress(ProcessLookupError):  # a worker that lost its database in the test before
        os.kill(before, signal.SIGKILL)

    until(lambda: service.noted()["programs"][name]["pid"] != before)
    until(lambda: not any(is_there(orphan) for orphan in orphans))
    until(service.is_healthy)
    assert service.noted()["programs"][name]["restarts"] > restarts


def test_a_killed_web_process_is_started_again(service):
    web = service.noted()["programs"]["web"]["pid"]
    victim = max(children_of(web))
    os.kill(victim, signal.SIGKILL)

    until(lambda: len(children_of(web) - {victim}) == 2)
    until(service.is_healthy)
    assert service.noted()["programs"]["web"]["pid"] == web


def test_once_a_killed_database_is_back_no_request_fails(service):
    def postmaster() -> int:
        try:
            return int((service.home / "pg" / "postmaster.pid").read_text().split()[0])
        except FileNotFoundError:
            return 0

    until(lambda: postmaster() and service.is_healthy())
    before = postmaster()
    os.kill(before, signal.SIGKILL)
    until(lambda: postmaster() not in {0, before})
    until(service.is_healthy)

    assert [service.get("healthz")[0] for _ in range(20)] == [200] * 20


def test_killing_the_supervisor_leaves_nothing_running(service):
    noted = service.noted()
    os.kill(noted["pid"], signal.SIGKILL)
    pids = [how["pid"] for how in noted["programs"].values()]
    until(lambda: not any(is_there(pid) for pid in pids))

    assert service.status()["database"]["running"] is False
    started = service.run("serve", "--detach")
    assert started.returncode == 0, _log(service)


_SIGN_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions as org
from bihuan.kit import clock
who = {"by": SYSTEM, "at": clock.now()}
unit = org.create_unit(code="ALL", name="All", parent_id=None, **who)
org.define_role(code="live", name="Live", verbs=["case.view"], **who)
org.define_post(code="live", name="Live", role_code="live", **who)
new = org.NewStaff(login_name="live", name="Ada", must_change_password=False)
staff = org.create_staff(new=new, **who)
period = org.Period(who["at"])
org.hold_post(staff_id=staff.pk, post_code="live", unit_id=unit.id, period=period, **who)
client = Client()
client.force_login(get_user_model().objects.get(pk=staff.pk))
print(next(f"{name}={morsel.value}" for name, morsel in client.cookies.items()))
"""
_RECORD = """
from bihuan.domain.ledger import actions, events
from bihuan.kit import clock
fact = events.Fact("case.opened", "case:9", "case:9", clock.now(), events.SYSTEM)
actions.record(fact)
actions.relay_outbox(limit=10)
"""
