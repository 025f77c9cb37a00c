"""`bihuan stop`: stop the service and the embedded database."""

import click

from bihuan.config import console, database, serving
from bihuan.integrations import postgres_embedded


@click.command()
@console.offline
def command() -> None:
    """Stop what runs in this home: the service, then the embedded database."""
    stopped = serving.stop()
    if database.is_embedded():
        stopped = postgres_embedded.stop(database.layout()) or stopped
    click.echo("已停止。" if stopped else "没有在运行。")
