"""The command line says what there is, and starts what a command needs."""

import click
from click.testing import CliRunner

from bihuan.config.cli import bihuan
from bihuan.config.cli.bench import Measurements


def test_every_command_explains_itself() -> None:
    context = click.Context(bihuan)
    for name in bihuan.list_commands(context):
        told = CliRunner().invoke(bihuan, [name, "--help"])
        assert told.exit_code == 0, (name, told.output, told.exception)


def test_the_measurements_are_the_files_that_hold_a_command() -> None:
    group = Measurements()
    assert {"clocks", "http", "submit"} <= set(group.list_commands(click.Context(group)))
    assert "playback" not in group.list_commands(click.Context(group))


def test_a_measurement_starts_the_database_it_measures() -> None:
    group = Measurements()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert getattr(command.callback, "offline", False), name  # wrapped once it was loaded


def test_an_unknown_measurement_is_no_command() -> None:
    group = Measurements()
    assert group.get_command(click.Context(group), "nothing") is None
