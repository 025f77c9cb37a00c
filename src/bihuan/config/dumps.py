"""Backup and restore of database and files; the database with PostgreSQL's own programs."""

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from bihuan.config import archives, database
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


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written: bytes in all, and how many files people had handed in."""

    size: int
    files: int


def backup(file: Path) -> Backup:
    """Write database and files, complete or not at all."""
    program = binaries.for_dump(database.server_version()).program("pg_dump")
    unfinished = file.with_name(f"{file.name}.part")
    dump = file.with_name(f"{file.name}.database")
    try:
        failure = _run([program, "--format=custom", f"--file={dump}", database.conninfo()])
        if failure:
            raise BackupFailed(f"备份没有成功（{failure}）。")
        try:
            count = archives.pack(unfinished, dump, settings.HOME / archives.FILES)
        except OSError as wrong:
            raise BackupFailed(f"备份没有成功（{wrong}）。") from wrong
        unfinished.chmod(0o600)
        unfinished.replace(file)
    finally:
        for leftover in (dump, unfinished):
            with suppress(OSError):
                leftover.unlink()
    return Backup(file.stat().st_size, count)


def restore(file: Path) -> None:
    """Restore into a new database, then put it and the files in the place of the old ones."""
    if holder(settings.HOME / "serve.lock"):
        raise StillServing
    try:
        with archives.unpacked(file, settings.HOME) as found:
            _restore(found.dump)
            if found.files is not None:
                archives.put_in_place(found.files, settings.HOME / archives.FILES)
    except archives.ArchiveDamaged as wrong:
        raise RestoreFailed(f"恢复没有成功，数据库保持原样（{wrong}）。") from wrong


def _restore(dump: Path) -> None:
    program = binaries.for_dump(database.server_version()).program("pg_restore")
    name = str(connections["default"].settings_dict["NAME"])
    new, old = f"{name}_restoring", f"{name}_replaced"
    with psycopg.connect(database.conninfo("postgres"), autocommit=True) as server:
        _drop(server, new)
        _drop(server, old)
        server.execute(sql.SQL("create database {} template template0").format(sql.Identifier(new)))
        options = ["--no-owner", "--exit-on-error", f"--dbname={database.conninfo(new)}"]
        failure = _run([program, *options, str(dump)])
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
