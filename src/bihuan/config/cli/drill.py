"""`bihuan drill`: an installation for practice, whose clock can be moved forward."""

from datetime import timedelta
from typing import Final

import click
from django.conf import settings
from django.db import connection

from bihuan.config import console, database
from bihuan.kit import clock
from bihuan.kit.problems import Invalid, Refused

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_CASES = "select exists (select from cases_case)"


class InUse(Refused):
    """Cases of real customers are not practised on."""

    message = "这套系统已有工单，不能改作演练；请另用一个 BIHUAN_HOME 和数据库。"


class NotADrill(Refused):
    """Time is real here."""

    message = "这不是演练系统，时间不能拨动；演练系统要在启用前用 bihuan drill mark 标明。"


class SpanUnreadable(Invalid):
    """How far the clock is to be moved was not understood."""

    message = "请写成 30m、2h 或 1d。"


@click.group()
def command() -> None:
    """A drill: an installation of its own whose clock is moved forward."""


@command.command(name="mark")
def mark() -> None:
    """Mark this installation as a drill, for good. Refused once it has cases."""
    database.ensure()
    if _has_cases():
        raise InUse
    if not settings.DRILL.exists():
        clock.write_shift(settings.DRILL, clock.NO_SHIFT)
    click.echo("已标为演练系统：页面上会一直写明“演练”，时间可以往后拨。")


@command.command(name="advance")
@click.argument("span")
def advance(span: str) -> None:
    """Move the clock of all processes forward by SPAN: 30m, 2h, 1d."""
    if not settings.DRILL.exists():
        raise NotADrill
    clock.write_shift(settings.DRILL, clock.read_shift(settings.DRILL) + _span(span))
    click.echo(f"时间已拨到 {clock.now():%Y-%m-%d %H:%M} UTC。")


@command.command(name="show")
@console.as_json
@console.offline
def show(*, as_json: bool) -> None:
    """Say whether this is a drill, and how far its clock is ahead."""
    ahead = clock.shift()
    found = {
        "drill": ahead is not None,
        "shift_seconds": ahead.total_seconds() if ahead else 0.0,
        "now": clock.now(),
    }
    text = "不是演练系统，时间是真的。" if ahead is None else f"演练系统，时间拨快了 {ahead}。"
    console.report(found, text, as_json=as_json)


def _span(text: str) -> timedelta:
    number, unit = text[:-1], UNITS.get(text[-1:])
    if unit is None or not number.isdecimal() or not 0 < int(number) <= 3660:
        raise SpanUnreadable
    return timedelta(**{unit: int(number)})


def _has_cases() -> bool:
    if "cases_case" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute(_CASES)
        row = cursor.fetchone()
    return bool(row and row[0])
