"""What the commands that bring cases in share: where they belong, and how far they are."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.kit.problems import Invalid

TELLS_EVERY = 0.5


class NoUnitInPack(Invalid):
    """A pack without units of its own: the command must say where the cases belong."""

    message = "这个行业包没有定义机构，请用 --unit 指明工单归哪个机构。"


def home_unit(pack: str, code: str) -> int:
    """Return the org unit cases belong to: the one named, else the pack's first."""
    packs.installed_pack(pack)
    if code:
        return org.unit_by_code(code).id
    for definition in packs.definitions(kind="org", pack_key=pack):
        units: list[dict[str, Any]] = definition.compiled.get("units", [])
        if units:
            return org.unit_by_code(str(units[0]["code"])).id
    raise NoUnitInPack


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """Yield a function that says on stderr how far the work is.

    On a terminal one line that changes, at most twice a second; elsewhere a line for every tenth.
    """
    live = sys.stderr.isatty()
    last, tenths = 0.0, 0

    def tell(done: int, detail: str = "") -> None:
        nonlocal last, tenths
        if live and time.monotonic() - last >= TELLS_EVERY:
            last = time.monotonic()
            click.echo(f"\r{what} {done}/{total} {detail}", nl=False, err=True)
        elif not live and done * 10 // max(total, 1) > tenths:
            tenths = done * 10 // max(total, 1)
            click.echo(f"{what} {done}/{total} {detail}".rstrip(), err=True)

    yield tell
    if last:
        click.echo("", err=True)
