"""What other processes ask of the embedded server: be there, stop, say how you are."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bihuan.integrations.postgres_embedded import processes
from bihuan.integrations.postgres_embedded.layout import DATABASE, Layout
from bihuan.integrations.postgres_embedded.refusals import Unusable
from bihuan.kit.locks import holder, locked

_PATIENCE = 150.0
_SOURCE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Status:
    """How the embedded server is."""

    running: bool
    version: str = ""
    pid: int | None = None
    supervisor_pid: int | None = None


def ensure(layout: Layout, *, until_pid_ends: int | None = None) -> bool:
    """Return when the server answers; start it in the background when it does not run.

    Tell whether it had to be started. Any number of processes may ask at once. With
    `until_pid_ends` the server started here stops when that process is gone.
    """
    if _answers(layout):
        return False
    try:
        with locked(layout.start_lock):
            return _start(layout, until_pid_ends)
    except PermissionError as problem:
        raise Unusable(
            f"不能使用 {problem.filename}（没有权限）：请用拥有 {layout.home} 的用户运行，"
            "或换一个 BIHUAN_HOME。"
        ) from problem


def stop(layout: Layout) -> bool:
    """Stop the server with its supervisor and wait for both; tell whether there was one."""
    supervisor = holder(layout.lock)
    if supervisor is None:
        return False
    os.kill(supervisor, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while holder(layout.lock) == supervisor:
        if time.monotonic() > until:
            raise Unusable(f"数据库的监护进程 {supervisor} 没有停下：详情见 {layout.log}。")
        time.sleep(0.02)
    return True


def status(layout: Layout) -> Status:
    """Return how the server is, starting nothing."""
    supervisor = holder(layout.lock)
    try:
        with psycopg.connect(**layout.conninfo("postgres")) as connection:
            version = connection.info.parameter_status("server_version") or ""
    except psycopg.OperationalError:
        return Status(running=False, supervisor_pid=supervisor)
    postmaster = processes.running_postmaster(layout)
    return Status(
        running=True,
        version=version,
        pid=postmaster.pid if postmaster else None,
        supervisor_pid=supervisor,
    )


def _start(layout: Layout, until_pid_ends: int | None) -> bool:
    until = time.monotonic() + _PATIENCE
    started = False
    while not _answers(layout):
        if time.monotonic() > until:
            raise Unusable(f"数据库没有就绪：原因见日志 {layout.log}。")
        # "busy": another supervisor is starting, restarting or stopping its server; look again.
        started = _spawn(layout, until_pid_ends) == "ready"
        if not started:
            time.sleep(0.05)
    return started


def _spawn(layout: Layout, until_pid_ends: int | None) -> str:
    """Start a detached supervisor and return its first word: `ready` or `busy`."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "bihuan.integrations.postgres_embedded", str(layout.home)]
    command += ["--detach", "--answer-to", str(write)]
    if until_pid_ends is not None:
        command += ["--until-pid-ends", str(until_pid_ends)]
    layout.log.parent.mkdir(exist_ok=True)
    with layout.log.with_name("postgres-supervisor.log").open("ab") as log:
        subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": str(_SOURCE)},
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    os.close(write)
    with os.fdopen(read) as answers:
        answer = answers.read()
    word, _, detail = answer.partition(" ")
    if word == "refused":
        raise Unusable(detail)
    if not word:
        raise Unusable(f"数据库的监护进程没有启动：原因见 {layout.log.parent}。")
    return word


def _answers(layout: Layout) -> bool:
    """Tell whether the server of this layout accepts connections to its database."""
    try:
        psycopg.connect(**layout.conninfo(DATABASE)).close()
    except psycopg.OperationalError:
        return False
    return True
