"""`bihuan bench`: measure what this machine does. The measurements are modules of `config/bench`."""

import importlib
import importlib.util
import keyword
import pkgutil

import click

from bihuan.config import bench
from bihuan.config.cli import ensure_database_before


class Measurements(click.Group):
    """All modules of `config/bench` that hold a click command named `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the measurements' names; the package's other files hold what they share."""
        names = (found.name for found in pkgutil.iter_modules(bench.__path__))
        return sorted(name.rstrip("_").replace("_", "-") for name in names if _command(name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one measurement."""
        name = cmd_name.replace("-", "_")
        command = _command(f"{name}_" if keyword.iskeyword(name) else name)
        if command is not None:
            ensure_database_before(command)
        return command


def _command(name: str) -> click.Command | None:
    place = f"{bench.__name__}.{name}"
    if importlib.util.find_spec(place) is None:
        return None
    command: click.Command | None = getattr(importlib.import_module(place), "command", None)
    return command


@click.command(cls=Measurements)
def command() -> None:
    """Measure what this machine does."""
