"""`bihuan replay`: let a real service desk's history happen again, at its own times."""

import time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from django.conf import settings

from bihuan.config import console, database
from bihuan.config.intake import home_unit, progress
from bihuan.integrations.incident_log import cast, log, tally, workers
from bihuan.kit import clock


@click.group()
def command() -> None:
    """Let recorded histories happen again, as actions at their own times."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", required=True, help="The industry pack whose process the incidents run on.")
@click.option(
    "--unit", default="", help="Code of the org unit they belong to; default: the pack's."
)
@click.option(
    "--workers",
    "count",
    type=console.COUNT,
    default=2,
    show_default=True,
    help="How many processes work.",
)
@click.option("--time-zone", default="", help="Where the log's times were noted; default: here.")
@click.option(
    "--digest", is_flag=True, help="Print a hash over the facts, equal for equal histories."
)
@console.as_json
def incidents(  # noqa: PLR0913 — a command has one argument for each option
    *, file: Path, pack: str, unit: str, count: int, time_zone: str, digest: bool, as_json: bool
) -> int:
    """Replay an incident log: a zip with one CSV of ServiceNow events.

    Can be interrupted and run again: incidents that are there are skipped. Exit status 1 when the
    product refused an incident.
    """
    began = time.monotonic()
    zone = _zone(time_zone)
    names = log.names_in(file)
    home = home_unit(pack, unit)
    parts = cast.prepare(names, pack=pack, home=home, at=clock.now())
    with progress("回放", names.incidents) as tell:
        done = workers.replay(
            workers.Job(file, zone, parts, max(1, count)),
            workers.Watch(
                lambda so_far: tell(so_far.incidents, f"{so_far.applied} 条事件"), database.ensure
            ),
        )
    for reason, rows in done.left.most_common():
        click.echo(f"无法表达 {rows} 条：{reason}")
    found = tally.shares(pack)
    keys: dict[str, object] = {
        "incidents": found.incidents,
        "events": done.events,
        "applied": done.applied,
        "inexpressible": done.inexpressible,
        "reassigned_share": found.reassigned,
        "reopened_share": found.reopened,
        "facts": found.facts,
        "seconds": round(time.monotonic() - began, 1),
    }
    if digest:
        keys["digest"] = tally.digest(pack)
    console.report(keys, as_json=as_json)
    return 1 if done.refused else 0


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name or settings.TIME_ZONE).key
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"没有时区“{name}”。", param_hint="--time-zone") from None
