"""What /proc says about server processes that we did not start ourselves."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bihuan.integrations.postgres_embedded.layout import Layout
from bihuan.integrations.postgres_embedded.refusals import Unusable

_STOPPING_PATIENCE = 60.0
_READY_PATIENCE = 3.0
_BACKEND_PATIENCE = 2.0
_STATUS_LINE = 7  # of postmaster.pid


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says, if its process is really there."""

    pid: int
    status: str


def running_postmaster(layout: Layout) -> Postmaster | None:
    """Return the living server of this data directory; a stale or reused pid is nobody."""
    try:
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not _works_in(pid, layout.data):
        return None
    return Postmaster(pid, lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else "")


def clear_the_way(layout: Layout) -> None:
    """Wait for an earlier server to end, end its orphans and remove its files.

    Called only by whoever holds the supervisor's lock: a server that is still there has lost its
    supervisor and is stopping, or somebody started it by hand.
    """
    _wait_for_postmaster(layout)
    _end_orphans(layout.data)
    (layout.data / "postmaster.pid").unlink(missing_ok=True)
    for file in layout.sockets.glob(".s.PGSQL.*"):
        file.unlink(missing_ok=True)


def _wait_for_postmaster(layout: Layout) -> None:
    began = time.monotonic()
    while found := running_postmaster(layout):
        patience = _STOPPING_PATIENCE if found.status == "stopping" else _READY_PATIENCE
        if time.monotonic() - began > patience:
            raise Unusable(
                f"数据目录 {layout.data} 正被另一个 PostgreSQL 服务器（进程 {found.pid}）使用："
                "请先停掉它，或换一个 BIHUAN_HOME。"
            )
        time.sleep(0.02)


def _end_orphans(data: Path) -> None:
    """End the backends of a killed postmaster: they hold its shared memory and block the next."""
    began = time.monotonic()
    number = signal.SIGQUIT
    while orphans := list(_servers_in(data)):
        if time.monotonic() - began > _BACKEND_PATIENCE:
            number = signal.SIGKILL
        for pid in orphans:
            _send(pid, number)
        time.sleep(0.02)


def _servers_in(data: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _works_in(int(entry.name), data):
            yield int(entry.name)


def _works_in(pid: int, data: Path) -> bool:
    """Tell whether a process is a living PostgreSQL server process of this data directory."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        name, rest = stat[stat.index("(") + 1 :].rsplit(")", 1)
        if rest.split()[0] in "ZX" or not name.startswith("postgres"):
            return False
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except (OSError, ValueError):
        return False


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
