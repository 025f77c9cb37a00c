"""`bihuan import`: bring in what other systems have written down."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click
from django.conf import settings

from bihuan.config import console
from bihuan.config.intake import home_unit, progress
from bihuan.domain.cases.actions import taxonomy
from bihuan.domain.packs import queries as packs
from bihuan.integrations.message_file import intake
from bihuan.integrations.message_file.sheet import Message, Rejected, Sheet, read_sheet
from bihuan.kit import clock, db
from bihuan.kit.problems import Refused

SHOWN = 20
# How many messages share a transaction.
TOGETHER = 20


@click.group()
def command() -> None:
    """Bring in what other systems have written down."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", required=True, help="The industry pack whose process the messages run on.")
@click.option(
    "--unit", default="", help="Code of the org unit they belong to; default: the pack's."
)
@console.as_json
def messages(*, file: Path, pack: str, unit: str, as_json: bool) -> int:
    """Take in citizens' messages from a spreadsheet; a reply in the file is the handling.

    A file of classes only (一级分类 二级分类 三级分类) adds them to the pack's taxonomy. Can be
    interrupted and run again: messages that are cases already stay as they are. Exit status 1 when
    rows were rejected.
    """
    sheet = read_sheet(file, ZoneInfo(settings.TIME_ZONE))
    home = home_unit(pack, unit)
    taxonomy.ensure_imported_classes(pack=pack, paths=sheet.classes)
    refused = _take_in(sheet, pack, home)
    rejected = sorted([*sheet.rejected, *refused], key=lambda one: one.line)
    for one in rejected[:SHOWN]:
        click.echo(f"{file.name} 第 {one.line} 行：{one.reason}")
    if len(rejected) > SHOWN:
        click.echo(f"……共 {len(rejected)} 行未收")
    keys = {
        "rows": sheet.rows,
        "accepted": sheet.rows - len(rejected),
        "rejected": len(rejected),
        "median_answer_days": intake.median_answer_days(sheet.messages, pack),
    }
    console.report(keys, as_json=as_json)
    return 1 if rejected else 0


def _take_in(sheet: Sheet, pack: str, home: int) -> list[Rejected]:
    """Take in the messages that are not there yet; return those refused."""
    there = intake.known(sheet.messages, pack)
    waiting = [message for message in sheet.messages if message.key not in there]
    if not waiting:
        return []
    place = intake.prepare(waiting, pack=pack, unit_id=home, at=clock.now())
    refused: list[Rejected] = []
    with progress("导入", len(waiting)) as tell, packs.remembering():
        for start in range(0, len(waiting), TOGETHER):
            together = waiting[start : start + TOGETHER]
            refused.extend(_take_in_together(together, place))
            tell(start + len(together), f"{len(refused)} 条未收" if refused else "")
    db.settle(len(waiting))
    return refused


def _take_in_together(messages: list[Message], place: intake.Place) -> list[Rejected]:
    """Take messages in in one transaction; when one is refused, each in its own. Return those refused."""
    try:
        intake.take_in(messages, place)
    except Refused as refusal:
        if len(messages) > 1:
            return [no for message in messages for no in _take_in_together([message], place)]
        details = "；".join(f"{name} {said}" for name, said in refusal.fields.items())
        return [Rejected(messages[0].line, f"{refusal.message}{details}")]
    return []
