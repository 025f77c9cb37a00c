"""`bihuan bench`: measure what this machine does. The measurements are modules of `config/bench`."""

import importlib
import pkgutil

import click

from bihuan.config import bench


class Measurements(click.Group):
    """All modules of `config/bench` that hold a click command named `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the measurements' names from their files."""
        return sorted(
            found.name.replace("_", "-") for found in pkgutil.iter_modules(bench.__path__)
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one measurement."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{bench.__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(cls=Measurements)
def command() -> None:
    """Measure what this machine does."""
