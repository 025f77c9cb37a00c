"""`bihuan process migrate` and `unmigrate`: running instances change the version of their process."""

from collections.abc import Sequence
from typing import Any

import click

from bihuan.config import console
from bihuan.domain.ledger.events import Actor
from bihuan.domain.packs import queries as packs
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes import actions
from bihuan.kit import clock
from bihuan.kit.problems import Invalid, NotFound

_BY = Actor("system:cli")
_dry_run = click.option("--dry-run", is_flag=True, help="Try every instance and change nothing.")
_reason = click.option("--reason", required=True, help="Why; it becomes part of every fact.")


class VersionMissing(NotFound):
    """There is no such published version."""

    def __init__(self, key: str, number: int) -> None:
        super().__init__(f"流程“{key}”没有已发布的第 {number} 版。")


class MappingUnreadable(Invalid):
    """A mapping is written OLD=NEW."""

    def __init__(self, text: str) -> None:
        super().__init__(f"对应关系“{text}”写法不对，请写成 旧图元=新图元。")


@click.command()
@click.argument("key")
@click.option("--from", "before", type=int, required=True, help="The version they run by.")
@click.option("--to", "after", type=int, help="The version they are to run by; default: in force.")
@click.option("--map", "pairs", multiple=True, help="OLD=NEW for a node whose id changed.")
@_reason
@_dry_run
@console.as_json
def migrate(  # noqa: PLR0913 -- a command has one argument for each option
    key: str,
    before: int,
    after: int | None,
    pairs: Sequence[str],
    reason: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Move the running instances of process KEY to another version; nodes of the same id need no --map.

    Each is moved whole or not at all. Exit status 1 when some stay where they are.
    """
    old = _version(key, before)
    new = packs.published("process", key) if after is None else _version(key, after)
    plan = actions.MigrationPlan(old.pk, new.pk, reason, dict(map(_pair, pairs)))
    found = actions.migrate_instances(plan, dry_run=dry_run, by=_BY, at=clock.now())
    return _report(found, as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("batch", type=int)
@_reason
@_dry_run
@console.as_json
def unmigrate(batch: int, reason: str, *, dry_run: bool, as_json: bool) -> int:
    """Move the instances of a BATCH back to the version they came from."""
    found = actions.reverse_migration(batch, reason=reason, dry_run=dry_run, by=_BY, at=clock.now())
    return _report(found, as_json=as_json, dry_run=dry_run)


def _report(found: actions.MigrationReport, *, as_json: bool, dry_run: bool) -> int:
    refused = found.refused
    keys: dict[str, Any] = {
        "batch": found.batch_id,
        "dry_run": dry_run,
        "instances": len(found.results),
        "migrated": len(found.results) - len(refused),
        "refused": len(refused),
        "details": [
            {
                "instance": one.instance_id,
                "subject": one.subject,
                "state": one.state,
                "message": one.message,
                "moved": [list(move) for move in one.moved],
            }
            for one in found.results
        ],
    }
    lines = [f"{one.subject}（流程 {one.instance_id}）未迁移：{one.message}" for one in refused]
    would = "可以迁移" if dry_run else "已迁移"
    lines.append(f"{would} {keys['migrated']} 个，拒绝 {len(refused)} 个。")
    if found.batch_id is not None:
        lines.append(
            f"批次 {found.batch_id}，可用 bihuan process unmigrate {found.batch_id} 退回。"
        )
    console.report(keys, "\n".join(lines), as_json=as_json)
    return 1 if refused else 0


def _version(key: str, number: int) -> Definition:
    for one in packs.versions("process", key):
        if one.version == number and one.published_at is not None:
            return one
    raise VersionMissing(key, number)


def _pair(text: str) -> tuple[str, str]:
    before, sign, after = text.partition("=")
    if not (before.strip() and sign and after.strip()):
        raise MappingUnreadable(text)
    return before.strip(), after.strip()
