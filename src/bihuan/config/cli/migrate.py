"""`bihuan migrate`: bring the database's tables and the static files up to this version."""

import click
from django.core.management import call_command


@click.command()
def command() -> None:
    """Bring tables and static files up to this version."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    click.echo("数据库结构与静态文件已是最新。")
