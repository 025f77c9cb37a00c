"""The running service of one home: which programs it is made of, and how to find and stop it."""

import hashlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from bihuan.config import database
from bihuan.config.supervisor import Program
from bihuan.integrations import postgres_embedded
from bihuan.kit.locks import holder
from bihuan.kit.problems import Refused

COMMAND = (sys.executable, "-m", "bihuan.config")
_STOP_PATIENCE = 90.0
_LOG_ROTATES_AT = 20_000_000


class AlreadyServing(Refused):
    """The service of this home runs already."""

    message = "服务已经在运行：用 bihuan status 查看，用 bihuan stop 停止。"


class PortTaken(Refused):
    """Something else listens on the port."""


class DidNotStart(Refused):
    """The service was started in the background and did not answer."""

    status = 500


class DidNotStop(Refused):
    """The service was told to stop and is still there."""

    status = 500


@dataclass(frozen=True)
class Address:
    """Where the web server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Return the address for a browser on this machine."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{host}:{self.port}/"


def lock_file() -> Path:
    """Return the file that the supervisor holds locked while the service runs."""
    return Path(settings.HOME) / "serve.lock"


def state_file() -> Path:
    """Return the file that says what the supervisor runs."""
    return Path(settings.HOME) / "serve.json"


def log_file() -> Path:
    """Return the log of a service that runs in the background."""
    return Path(settings.HOME) / "log" / "serve.log"


def programs(address: Address) -> list[Program]:
    """Return what `bihuan serve` runs, in the order of starting."""
    command = [*COMMAND, "--supervised"]
    web = [*command, "web", "--host", address.host, "--port", str(address.port)]
    parts = [
        Program("migrate", [*command, "migrate"], once=True),
        Program("web", web, patience=15, ready=lambda: is_healthy(address.url)),
        Program("worker", [*command, "worker"], patience=30),
        Program("dispatch", [*command, "dispatch"]),
    ]
    present = {
        module.name for module in pkgutil.iter_modules([str(Path(__file__).with_name("cli"))])
    }
    parts = [part for part in parts if part.name in present]
    if settings.MAILBOXES:
        parts += [
            Program("mail", [*command, "mail", "serve"], patience=30),
            Program("sorting", [*command, "mail", "sort"]),
        ]
    if database.is_embedded():
        place = database.layout()
        server = [sys.executable, "-m", "bihuan.integrations.postgres_embedded"]
        server += [str(place.home), "--stand-by"]
        is_up = lambda: postgres_embedded.status(place).running  # noqa: E731
        parts.insert(0, Program("database", server, patience=80, ready=is_up))
    return parts


def serve_in_background(address: Address) -> None:
    """Start the service detached from this process; return when it answers."""
    if holder(lock_file()) is not None:
        raise AlreadyServing
    log_file().parent.mkdir(exist_ok=True)
    if log_file().exists() and log_file().stat().st_size > _LOG_ROTATES_AT:
        log_file().replace(log_file().with_suffix(".log.1"))
    with log_file().open("ab") as log:
        child = subprocess.Popen(
            [*COMMAND, "serve", "--host", address.host, "--port", str(address.port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    until = time.monotonic() + 120
    while not (state_file().exists() and is_healthy(address.url)):
        if child.poll() is not None or time.monotonic() > until:
            raise DidNotStart(f"服务没有启动：原因见 {log_file()}。")
        time.sleep(0.05)


def check_port(address: Address) -> None:
    """Refuse an address that something else listens on."""
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as problem:
            raise PortTaken(
                f"不能在 {address.host}:{address.port} 上监听（{problem.strerror}）："
                "请用 --port 或 BIHUAN_PORT 换一个端口。"
            ) from problem


def stop() -> bool:
    """Stop the service and wait until it is gone; tell whether there was one."""
    supervisor = holder(lock_file())
    if supervisor is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(supervisor, signal.SIGTERM)
    until = time.monotonic() + _STOP_PATIENCE
    while holder(lock_file()) == supervisor:
        if time.monotonic() > until:
            raise DidNotStop(f"服务（进程 {supervisor}）没有停下：原因见 {log_file()}。")
        time.sleep(0.05)
    return True


def state() -> dict[str, Any]:
    """Return what runs; `{"running": False}` when nothing does."""
    supervisor = holder(lock_file())
    if supervisor is None:
        return {"running": False}
    noted: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        noted = json.loads(state_file().read_text("utf-8"))
    return {"running": True, "pid": supervisor, **noted}


def build(*folders: Path) -> str:
    """Return a mark of the program in these folders, else of this checkout's: another after an update.

    A running service goes on with the program it began with; its pages then miss what was built anew.
    """
    places = folders or (Path(settings.ROOT) / "src", *map(Path, settings.STATICFILES_DIRS))
    files = [file for place in places for file in place.rglob("*") if file.suffix != ".pyc"]
    told = sorted(f"{file} {file.stat().st_mtime_ns}" for file in files if file.is_file())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def is_healthy(url: str) -> bool:
    """Ask the web server at an address how it is."""
    try:
        host = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")
        request = urllib.request.Request(f"{url}healthz", headers={"Host": host})  # noqa: S310
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
