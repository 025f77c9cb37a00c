"""`bihuan customers`: files of customers from other systems."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from bihuan.config import console
from bihuan.config.linking.command import consolidate
from bihuan.config.units import unit_by_code_or_top
from bihuan.domain.customers.actions import importing, rating
from bihuan.domain.customers.queries import imports, ratings
from bihuan.domain.customers.queries.imports import own_titles
from bihuan.domain.customers.rules.columns import FIELDS
from bihuan.domain.ledger.events import SYSTEM
from bihuan.kit import clock
from bihuan.kit.problems import Invalid

SHOWN = 20


class MapUnreadable(Invalid):
    """The map file is not what it should be."""

    message = '对应文件应是 JSON，如 {"客户名称": "name", "手机": "phone"}。'


class MomentUnreadable(Invalid):
    """The moment is no moment."""

    message = "时间请写成例如 2026-03-01T08:00。"


@click.group()
def command() -> None:
    """Customers: bring them in from other systems, find who is the same."""


command.add_command(consolidate)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="The system the file comes from.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON: field by column name; default: as the columns' names tell.",
)
@click.option("--unit", default="", help="Code of the org unit they belong to; default: the top.")
@console.as_json
def import_file(*, file: Path, source: str, map_file: Path | None, unit: str, as_json: bool) -> int:
    """Take a file of customers in: CSV, XLSX or JSON in any usual encoding.

    Can be interrupted and run again; the same file twice changes nothing. Lines with mistakes stay out and are
    mended on the page of the import. Exit status 1 when there are such lines.
    """
    began = clock.now()
    upload = importing.Upload(file.name, source, unit_by_code_or_top(unit))
    batch_id = importing.open_file(upload, file.resolve(), by=SYSTEM, at=began)
    batch = imports.figures(batch_id)
    if batch["state"] == "MAPPING":
        columns = _columns(map_file) if map_file else batch["columns"]
        importing.start(batch_id, columns, in_background=False, by=SYSTEM, at=began)
    elif batch["state"] == "STOPPED":
        importing.resume(batch_id, in_background=False, by=SYSTEM, at=began)
    importing.run(batch_id, now=clock.now)
    _report(file, batch_id, (clock.now() - began).total_seconds(), as_json=as_json)
    return 1 if imports.figures(batch_id)["rejected"] else 0


@command.command("rate")
@click.option("--scheme", required=True, help="Code of the scheme, e.g. value.")
@click.option("--at", "moment", default="", help="As of this moment (ISO 8601); default: now.")
@click.option("--unit", default="", help="Code of the org unit, with all below; default: the top.")
@console.as_json
def rate(*, scheme: str, moment: str, unit: str, as_json: bool) -> None:
    """Draw up a rating of the customers: a proposal, to be approved on its page. Nothing changes before.

    The same scheme, unit and moment again give the same proposal. Prints how many customers each tier gets and
    how many move.
    """
    began = clock.now()
    at = _moment(moment) if moment else began
    wanted = rating.Wanted(scheme, unit_by_code_or_top(unit))
    rating_id = rating.propose(wanted, in_background=False, by=SYSTEM, at=at)
    rating.draw_up(rating_id, at=clock.now())
    row = ratings.rating_figures(rating_id)
    after: Counter[str] = Counter()
    for _before, tier, count in row.moves:
        after[tier] += count
    keys = {
        "rating": row.id,
        "scheme": row.scheme.code,
        "version": row.version,
        "state": row.state,
        "customers": row.count,
        "tiers": {tier.code: after[tier.code] for tier in row.scheme.tiers},
        "none": after[""],
        "moved": row.moved,
        "seconds": round((clock.now() - began).total_seconds(), 2),
    }
    console.report(keys, as_json=as_json)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise MomentUnreadable from None
    return found if found.tzinfo else timezone.make_aware(found)


def _report(file: Path, batch_id: int, seconds: float, *, as_json: bool) -> None:
    figures = imports.figures(batch_id)
    for line, problems in imports.first_rejected(batch_id, SHOWN):
        click.echo(f"{file.name} 第 {line} 行：{'；'.join(problems)}", err=as_json)
    keys: dict[str, Any] = {
        "batch": batch_id,
        "rows": figures.pop("lines_done"),
        **{name: value for name, value in figures.items() if name != "columns"},
        "seconds": round(seconds, 2),
    }
    keys["rows_per_second"] = round(keys["rows"] / seconds) if seconds else 0
    console.report(keys, as_json=as_json)


def _columns(path: Path) -> dict[str, str]:
    try:
        said = json.loads(path.read_text("utf-8-sig"))
    except ValueError:
        raise MapUnreadable from None
    allowed = {*FIELDS, *(f"attribute.{key}" for key in own_titles().values())}
    columns = said.get("columns", said) if isinstance(said, dict) else None
    if not isinstance(columns, dict) or not set(columns.values()) <= allowed:
        raise MapUnreadable
    return {str(name): str(field) for name, field in columns.items()}
