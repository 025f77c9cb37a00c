"""The command line. Every module here is one command; adding a file adds a command.

A module `case_list.py` is `bihuan case-list`, `import_.py` is `bihuan import`, and holds a click command or group named `command`.
Commands may import models at the top: Django is set up before a module is loaded. Before a command
runs, the embedded database is started if need be; `@console.offline` says that it is not needed.
Exit status: 0 done, 1 done with rejected rows, 2 refused with one sentence on stderr.
"""

import functools
import gc
import importlib
import keyword
import os
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

import click
import django

from bihuan.config import troubles


class Commands(click.Group):
    """All commands of this package, each loaded only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names from the files beside this one."""
        names = (found.name.rstrip("_") for found in pkgutil.iter_modules(__path__))
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        name += "_" if keyword.iskeyword(name) else ""
        module = importlib.import_module(f"{__name__}.{name}")
        command: click.Command = module.command
        ensure_database_before(command)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--supervised", is_flag=True, hidden=True)
@click.pass_context
def bihuan(ctx: click.Context, *, supervised: bool) -> None:
    """Bihuan: customer service that closes its loops."""
    ctx.obj = {"supervised": supervised}


def main() -> None:
    """Run the command line and exit with its status."""
    # The sentence for a refusal must come out whole on any terminal.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(_run())


def _run() -> int:
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bihuan.config.settings")
        gc.disable()  # of what is loaded nothing goes, and to look through it again and again takes time
        django.setup()
        gc.freeze()
        gc.enable()
        outcome = bihuan.main(prog_name="bihuan", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as mistake:
        mistake.show()
        return mistake.exit_code
    except Exception as wrong:
        sentence = troubles.sentence(wrong)
        if not sentence:
            raise  # a mistake of the program: whoever mends it needs the whole of it
        click.echo(sentence, err=True)
        return 2
    return outcome if isinstance(outcome, int) else 0


def ensure_database_before(command: click.Command) -> None:
    """Let a command, and all below it, start the embedded database first if need be."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            ensure_database_before(inner)
    elif command.callback and not getattr(command.callback, "offline", False):
        command.callback = _after_database(command.callback)


def _after_database(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*args: Any, **kwargs: Any) -> Any:
        database = importlib.import_module("bihuan.config.database")
        supervised = (click.get_current_context().find_root().obj or {}).get("supervised", False)
        # Below `bihuan serve` the server is a neighbour: wait for it instead of starting another.
        (database.wait if supervised else database.ensure)()
        return callback(*args, **kwargs)

    run.offline = True  # type: ignore[attr-defined]  # loaded twice, wrapped once
    return run
