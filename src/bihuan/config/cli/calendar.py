"""`bihuan calendar`: working calendars and their official days."""

from datetime import UTC, datetime

import click

from bihuan.config import console
from bihuan.domain.clocks import actions, queries
from bihuan.domain.ledger.events import Actor
from bihuan.kit import clock
from bihuan.kit.problems import Invalid

_BY = Actor("system:cli")


class YearsUnreadable(Invalid):
    """The years are neither one, nor a list, nor a range."""

    message = "年份请写成 2026、2025,2026 或 2024-2026。"


@click.group()
def command() -> None:
    """Working calendars: list, official holidays, start of enforcement."""


@command.command(name="list")
@console.as_json
def list_calendars(*, as_json: bool) -> None:
    """List calendars and what is missing in them."""
    found = [
        {
            "code": row.code,
            "name": row.name,
            "time_zone": row.time_zone,
            "official": row.official,
            "enforce_from": row.enforce_from,
            "revision": row.revision,
        }
        for row in queries.calendars()
    ]
    warnings = queries.calendar_warnings(clock.now())
    lines = [f"{one['code']}  {one['name']}  {one['time_zone']}" for one in found]
    text = "\n".join([*lines, *warnings]) or "还没有日历。"
    console.report({"calendars": found, "warnings": warnings}, text, as_json=as_json)


@command.command(name="import-official")
@click.argument("code")
@click.option("--years", default="", help="2026 or 2025,2026 or 2024-2026; default: all known.")
@console.as_json
def import_official(code: str, years: str, *, as_json: bool) -> int:
    """Enter the official holidays and make-up workdays into a calendar.

    Exit status 1 when some of the years are not known yet.
    """
    done = actions.import_official(code, _years(years), by=_BY, at=clock.now())
    missing = "、".join(str(year) for year in done.missing_years)
    text = f"已写入 {len(done.years)} 年共 {done.days} 天。"
    if missing:
        text += f"\n还没有 {missing} 年的法定安排，这些年暂按平常星期计算，请在公布后补上。"
    keys = {"days": done.days, "years": done.years, "missing_years": done.missing_years}
    console.report(keys, text, as_json=as_json)
    return 1 if missing else 0


@command.command(name="enforce-from")
@click.argument("code")
@click.argument("moment", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]))
@click.option("--reason", required=True)
def enforce_from(code: str, moment: datetime, reason: str) -> None:
    """Let limits warn and become overdue only from MOMENT on, e.g. 2026-12-01T00:00+0800."""
    actions.enforce_from(code, moment.astimezone(UTC), by=_BY, at=clock.now(), reason=reason)
    click.echo(f"日历 {code} 从 {moment:%Y-%m-%d %H:%M} 起考核时限。")


def _years(text: str) -> list[int] | None:
    if not text:
        return None
    years: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.strip().isdigit() or (last and not last.strip().isdigit()):
            raise YearsUnreadable
        years.extend(range(int(first), int(last or first) + 1))
    return years
