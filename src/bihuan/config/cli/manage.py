"""`bihuan manage …`: Django's own commands, for developers."""

import click
from django.core.management import execute_from_command_line


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run a command of Django, such as makemigrations."""
    execute_from_command_line(["bihuan manage", *arguments])
