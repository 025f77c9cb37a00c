"""`bihuan serve`: everything one machine needs, under one supervisor."""

import logging

import click

from bihuan.config import console, serving
from bihuan.config.supervisor import ProgramFailed, Supervisor
from bihuan.kit.locks import LockFile


@click.command()
@console.web_address
@click.option("--detach", is_flag=True, help="Return when it answers; it keeps running.")
@console.offline
def command(host: str, port: int, *, detach: bool) -> int:
    """Run database, web, worker and dispatcher until stopped."""
    address = serving.Address(host, port)
    if detach:
        serving.serve_in_background(address)
        click.echo(f"服务已启动：{address.url}")
        return 0
    return _serve(address)


def _serve(address: serving.Address) -> int:
    lock = LockFile(serving.lock_file())
    if not lock.take():
        raise serving.AlreadyServing
    lock.note_pid()
    try:
        serving.check_port(address)
        about = {"url": address.url, "build": serving.build()}
        Supervisor(serving.programs(address), serving.state_file(), about).run()
    except ProgramFailed as failure:
        logging.getLogger(__name__).error("%s", failure)  # noqa: TRY400 - it has said why itself
        return failure.status if failure.status > 0 else 1
    finally:
        lock.release()
    return 0
