"""Backup and restore of the whole database with PostgreSQL's own programs."""

import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from bihuan.config import database
from bihuan.integrations.postgres_embedded import binaries
from bihuan.kit.locks import holder
from bihuan.kit.problems import Refused


class BackupFailed(Refused):
    """pg_dump gave up."""

    status = 500


class RestoreFailed(Refused):
    """pg_restore gave up; the database is as it was."""

    status = 500


class StillServing(Refused):
    """Restoring under a running service would lose what people enter meanwhile."""

    message = "服务正在运行：请先执行 bihuan stop，再恢复备份。"


def backup(file: Path) -> int:
    """Write a dump, complete or not at all; return its size in bytes."""
    program = binaries.for_dump(database.server_version()).program("pg_dump")
    unfinished = file.with_name(f"{file.name}.part")
    failure = _run([program, "--format=custom", f"--file={unfinished}", database.conninfo()])
    if failure:
        with suppress(OSError):
            unfinished.unlink()
        raise BackupFailed(f"备份没有成功（{failure}）。")
    unfinished.chmod(0o600)
    unfinished.replace(file)
    return file.stat().st_size


def restore(file: Path) -> None:
    """Restore into a new database, then put it in the place of the old one."""
    if holder(settings.HOME / "serve.lock"):
        raise StillServing
    program = binaries.for_dump(database.server_version()).program("pg_restore")
    name = str(connections["default"].settings_dict["NAME"])
    new, old = f"{name}_restoring", f"{name}_replaced"
    with psycopg.connect(database.conninfo("postgres"), autocommit=True) as server:
        _drop(server, new)
        _drop(server, old)
        server.execute(sql.SQL("create database {} template template0").format(sql.Identifier(new)))
        options = ["--no-owner", "--exit-on-error", f"--dbname={database.conninfo(new)}"]
        failure = _run([program, *options, str(file)])
        if failure:
            _drop(server, new)
            raise RestoreFailed(f"恢复没有成功，数据库保持原样（{failure}）。")
        connections["default"].close()
        _swap(server, name, new, old)


def _swap(server: psycopg.Connection, name: str, new: str, old: str) -> None:
    rename = sql.SQL("alter database {} rename to {}")
    with server.transaction():
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        server.execute(rename.format(sql.Identifier(name), sql.Identifier(old)))
        server.execute(rename.format(sql.Identifier(new), sql.Identifier(name)))
    _drop(server, old)


def _drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _run(command: list[str]) -> str:
    """Run a program; return the last thing it said if it failed, else nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
