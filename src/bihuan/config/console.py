"""What the commands share: reports as text or JSON, refusals as one sentence, the database's help."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
COUNT = click.IntRange(min=1)
"""How many of something: at least one."""
_host = click.option(
    "--host", envvar="BIHUAN_HOST", default="127.0.0.1", show_default=True, help="Address."
)
_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="BIHUAN_PORT",
    default=8000,
    show_default=True,
    help="Port.",
)


def web_address(function: Command) -> Command:
    """Add the options `--host` and `--port`."""
    return _host(_port(function))


def offline(function: Command) -> Command:
    """Mark a command that needs no database, so that none is started for it."""
    function.offline = True  # type: ignore[attr-defined]
    return function


def report(keys: Mapping[str, Any], text: str = "", *, as_json: bool) -> None:
    """Print a command's result: one JSON object on the last line, or text for a person."""
    if as_json:
        click.echo(json.dumps(dict(keys), ensure_ascii=False, default=str))
    else:
        click.echo(text or "\n".join(f"{key}: {value}" for key, value in keys.items()))


def progress(total: int, label: str) -> Callable[[int], None]:
    """Return what is told of every part that is done; it says on stderr, at each twentieth, how far it is."""
    done = 0

    def told(more: int) -> None:
        nonlocal done
        before, done = done, done + more
        if done * 20 // total > before * 20 // total:
            click.echo(f"{label}: {done} / {total}", err=True)

    return told
