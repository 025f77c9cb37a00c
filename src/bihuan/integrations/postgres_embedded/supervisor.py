"""The process that owns the server: starts it, restarts it when it dies, stops it when told.

The server is its child and gets a fast shutdown from the kernel when the supervisor dies, so there
is never a server without a supervisor.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bihuan.integrations.postgres_embedded.cluster import Cluster
from bihuan.integrations.postgres_embedded.layout import Layout
from bihuan.integrations.postgres_embedded.refusals import Unusable
from bihuan.kit.children import SignalQueue
from bihuan.kit.locks import LockFile

_MOST_FAILED_STARTS = 5
_LONGEST_PAUSE = 10.0
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Busy(Exception):
    """Another supervisor already looks after this server."""


@dataclass(frozen=True)
class Orders:
    """How one supervisor is to behave."""

    stand_by: bool = False  # wait for another supervisor to end, then take over
    until_pid_ends: int | None = None  # stop when this process is gone
    ready: Callable[[], None] = lambda: None  # called once the server answers


def supervise(layout: Layout, orders: Orders) -> None:
    """Keep the server running until told to stop by SIGTERM or SIGINT.

    Raises `Busy` when another supervisor does so already, `Unusable` when it cannot run.
    """
    os.chdir("/")
    lock = LockFile(layout.lock)
    with SignalQueue(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD) as signals:
        while not lock.take():
            if not orders.stand_by:
                raise Busy
            if signals.wait(0.2) & _STOP_SIGNALS:
                return
        lock.note_pid()
        try:
            _run(Cluster.prepare(layout), signals, orders)
        finally:
            lock.release()


def _run(cluster: Cluster, signals: SignalQueue, orders: Orders) -> None:
    child = cluster.start()
    try:
        cluster.create_database()
        orders.ready()
        while not _told_to_stop(signals, orders):
            if child.poll() is not None:
                child = _start_again(cluster)
    finally:
        _stop(child)


def _told_to_stop(signals: SignalQueue, orders: Orders) -> bool:
    if signals.wait(1.0) & _STOP_SIGNALS:
        return True
    companion = orders.until_pid_ends
    return companion is not None and not Path(f"/proc/{companion}").exists()


def _start_again(cluster: Cluster) -> subprocess.Popen[bytes]:
    """Start after a crash; give up when it fails time after time."""
    pause = 0.2
    for _attempt in range(_MOST_FAILED_STARTS - 1):
        try:
            return cluster.start()
        except Unusable:
            time.sleep(pause)
            pause = min(pause * 3, _LONGEST_PAUSE)
    return cluster.start()


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Stop the server: sessions are ended, then memory is written; harder when that hangs."""
    for number, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
