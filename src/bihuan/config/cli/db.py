"""`bihuan db`: the embedded PostgreSQL server, and backups of any."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from bihuan.config import console, database, dumps
from bihuan.integrations import postgres_embedded
from bihuan.integrations.postgres_embedded import binaries
from bihuan.kit.problems import Refused


class DatabaseIsExternal(Refused):
    """Starting and stopping are not ours to do: DATABASE_URL names a server that others run."""

    message = "数据库由 DATABASE_URL 指定，不由 bihuan 启动或停止。"


@click.group()
def command() -> None:
    """The embedded database: start, stop, look, back up, restore."""


@command.command()
@console.offline
def start() -> None:
    """Start the embedded server; it keeps running after this command."""
    _must_be_embedded()
    started = postgres_embedded.ensure(database.layout())
    click.echo(f"{'数据库已启动' if started else '数据库已在运行'}：{database.layout().url()}")


@command.command()
@console.offline
def stop() -> None:
    """Stop the embedded server."""
    _must_be_embedded()
    stopped = postgres_embedded.stop(database.layout())
    click.echo("数据库已停止。" if stopped else "数据库没有在运行。")


@command.command()
@console.as_json
@console.offline
def status(*, as_json: bool) -> None:
    """Say how the database is, starting nothing."""
    console.report(state(), as_json=as_json)


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the database; further arguments go to it."""
    program = binaries.for_dump(database.server_version()).program("psql")
    os.execv(program, [program, database.conninfo(), *arguments])


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database and the files people handed in to FILE while they are in use."""
    made = dumps.backup(file)
    click.echo(f"已备份到 {file}（{made.size:,} 字节，附件 {made.files} 个）。")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Replace database and files by what FILE holds: all of it or, when that fails, nothing."""
    dumps.restore(file)
    click.echo(f"已从 {file} 恢复。")


def state() -> dict[str, object]:
    """Return how the database is, for `db status` and `status`."""
    if not database.is_embedded():
        try:
            version = str(database.server_version())
        except Refused as refusal:
            return {"embedded": False, "running": False, "problem": refusal.message}
        return {"embedded": False, "running": True, "version": version}
    place = database.layout()
    how = asdict(postgres_embedded.status(place))
    return {"embedded": True, **how, "url": place.url(), "data": str(place.data)}


def _must_be_embedded() -> None:
    if not database.is_embedded():
        raise DatabaseIsExternal
