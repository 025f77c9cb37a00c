"""`bihuan migrate`: bring the database's tables up to this version."""

import click
from django.core.management import call_command


@click.command()
def command() -> None:
    """Bring the database's tables up to this version."""
    call_command("migrate", interactive=False, verbosity=0)
    click.echo("数据库结构已是最新。")
