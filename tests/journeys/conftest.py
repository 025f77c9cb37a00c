"""A real service on a free loopback port, in a home and database of its own, and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest

from bihuan.kit import clock

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
PICTURES = ROOT / "test-artefacts"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
WIDE, PHONE = (1440, 900), (390, 844)
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True)
class Service:
    """Where the service answers, and where it keeps its things."""

    url: str
    home: Path
    environment: dict[str, str]
    signed_in: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """What time it is for the service."""
        return clock.now() + clock.read_shift(self.home / "drill.json")

    def move(self, by: timedelta) -> None:
        """Move the clock of the whole installation forward."""
        file = self.home / "drill.json"
        clock.write_shift(file, clock.read_shift(file) + by)

    def run(self, *arguments: str) -> str:
        """Run a command of the service's own command line."""
        done = subprocess.run(
            [sys.executable, "-m", "bihuan.config", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say loudly what was not looked at when there is no browser."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(300))
            if CHROMIUM is None:
                reason = "NO CHROMIUM: install chromium or set CHROMIUM; no page was looked at"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """Bring up the demo as `bihuan demo` does, and stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-journey-"))
    folder.chmod(0o711)  # run by root, the database server is another user and must pass through
    port = _free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "BIHUAN_HOME": str(folder / "home"),
        **_database(),
    }
    made = Service(f"http://127.0.0.1:{port}", folder / "home", environment)
    try:
        made.run("drill", "mark")  # journeys move its clock forward
        made.move(_to_a_working_morning(clock.now()))
        made.run("demo", "--host", "127.0.0.1", "--port", str(port))
        yield made
    finally:
        made.run("stop")
        _drop(environment)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a module: while it runs Django would think that this thread is asynchronous."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  absent where nobody looks

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(service: Service, browser: Any) -> Iterator[Callable[..., "Desk"]]:
    """Return a function that opens a page as a person of its own, signed in or not."""
    contexts = []

    def opened(login: str = "", *, size: tuple[int, int] = WIDE) -> Desk:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        desk = Desk(context.new_page(), service)
        if login:
            desk.come_in(login)
        return desk

    yield opened
    for context in contexts:
        context.close()


def settle(page) -> None:
    """Wait until the page has nothing left to ask the server for.

    No moment need pass before: a request shows on its element as soon as the click that caused it returns.
    """
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
    )


def stand_still(page) -> None:
    """Wait until everything that moves has come to its end."""
    page.evaluate(
        "() => Promise.allSettled(document.getAnimations()"
        ".filter(one => one.effect?.getComputedTiming().endTime !== Infinity)"
        ".map(one => one.finished))"
    )


class Desk:
    """A person's browser."""

    def __init__(self, page, service: Service) -> None:
        self.page = page
        self.service = service
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self._heard(m.text) if m.type == "error" else None)

    def _heard(self, error: str) -> None:
        """Keep what the page complains of; a question that a newer one replaced is no error.

        Of a request that really fails htmx says `sendError` or `responseError` as well.
        """
        if not error.startswith(("htmx:afterRequest", "htmx:sendAbort")):
            self.errors.append(error)

    def go(self, path: str) -> "Desk":
        """Open an address of the service."""
        self.page.goto(self.service.url + path)
        return self

    def come_in(self, login: str) -> None:
        """Be signed in: with what an earlier browser of this person was given, while that is still good."""
        context = self.page.context
        known = self.service.signed_in.get(login)
        if known:
            context.add_cookies(known)
            bell = context.request.get(f"{self.service.url}/bell/", headers={"HX-Request": "true"})
            if bell.ok:
                return
        self.sign_in(login)
        self.service.signed_in[login] = context.cookies()

    def sign_in(self, login: str, password: str = "bihuan-demo") -> "Desk":  # noqa: S107
        """Sign in as one of the demo people."""
        self.go("/sign-in/")
        self.page.fill("#login_name", login)
        self.page.fill("#password", password)
        self.page.click("button:has-text('登录')")
        self.page.wait_for_selector(".bh-rail")
        return self

    def picture(self, name: str) -> None:
        """Keep what the person sees."""
        PICTURES.mkdir(exist_ok=True)
        settle(self.page)
        stand_still(self.page)
        self.page.screenshot(path=PICTURES / f"{name}.png")


def _to_a_working_morning(now: datetime) -> timedelta:
    """Return how long it is to ten o'clock of a day between Monday and Thursday, whenever the tests run."""
    ten = datetime.combine(now.astimezone(ZONE), time(10), ZONE)
    while ten < now or ten.weekday() > 3:
        ten += timedelta(days=1)
    return ten - now


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _database() -> dict[str, str]:
    """Return a database of our own on the server that DATABASE_URL names; none means embedded."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {}
    name = f"bihuan_journey_{os.getpid()}"
    with psycopg.connect(_psycopg_url(url, "postgres"), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}"')
        connection.execute(f'create database "{name}" template template0')
    return {"DATABASE_URL": _with_name(url, name)}


def _drop(environment: dict[str, str]) -> None:
    url = environment.get("DATABASE_URL")
    if not url:
        return
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(_psycopg_url(url, "postgres"), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


def _with_name(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{quote(name)}").geturl()


def _psycopg_url(url: str, name: str) -> str:
    return _with_name(url, name).replace("postgres://", "postgresql://", 1)
