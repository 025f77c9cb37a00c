"""`bihuan pack`: check, test, install, list and export industry packs."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from bihuan.config import console, scratch
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org
from bihuan.domain.packs import actions, queries, rules
from bihuan.engines.packs.problem import PackUnreadable, Problem
from bihuan.engines.packs.scenario import read_scenario
from bihuan.engines.packs.source import PackSource
from bihuan.integrations import pack_files, scenarios
from bihuan.kit import clock

_BY = Actor("system:cli")
# Demo staff hold their posts from the day they are taken on, and scenarios play on past days.
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_PLACES = click.argument(
    "places", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)


@click.group()
def command() -> None:
    """Industry packs: check, test, install, list, export."""


@command.command()
@_PLACES
@console.as_json
@console.offline
def check(places: tuple[Path, ...], *, as_json: bool) -> int:
    """Say everything that is wrong with packs. Required packs are looked for in the folders beside.

    Exit status 1 when something is wrong; what is only worth a look is shown and does not count.
    """
    found = [(str(place), one) for place in places for one in findings_of(place)]
    for place, one in found:
        click.echo(f"{'提示 ' if one.is_warning else ''}{place}/{one}")
    count = sum(not one.is_warning for _, one in found)
    warnings = len(found) - count
    keys = {
        "packs": len(places),
        "problems": count,
        "warnings": warnings,
        "details": [{"pack": place, **asdict(one)} for place, one in found],
    }
    said = f"{len(places)} 个行业包" + (f"，{count} 处需要改正" if count else "没有问题")
    said += f"，{warnings} 处值得留意。" if warnings else "。"
    console.report(keys, said, as_json=as_json)
    return 1 if count else 0


@command.command()
@_PLACES
@console.as_json
def install(places: tuple[Path, ...], *, as_json: bool) -> None:
    """Install packs, those they stand on first; each whole or not at all."""
    there = frozenset(pack.key for pack in queries.installed_packs())
    packs = _with_needed(places, there=there)
    done = [actions.install_pack(pack, by=_BY, at=clock.now()) for pack in packs]
    keys = {
        "packs": [f"{one.pack} {one.version}" for one in done],
        "published": sum(len(one.published) for one in done),
        "retired": sum(len(one.retired) for one in done),
        "unchanged": sum(one.unchanged for one in done),
    }
    for one in done:
        change = f"发布 {len(one.published)}，停用 {len(one.retired)}，不变 {one.unchanged}"
        click.echo(f"{one.pack} {one.version}：{change}")
        for name in one.set_aside:
            click.echo(f"  {name}：工作室的版本继续生效，包里的新内容留在工作室待启用")
    console.report(keys, "安装完成。", as_json=as_json)


@command.command()
@_PLACES
@console.as_json
def test(places: tuple[Path, ...], *, as_json: bool) -> int:
    """Play the scenarios of packs in a database made for it and dropped afterwards.

    Exit status 1 when a scenario went otherwise than written.
    """
    packs = _with_needed(places, there=frozenset())
    played, failures = 0, []
    with scratch.scratch_database():
        for pack in packs:
            actions.install_pack(pack, by=_BY, at=_LONG_AGO)
        org.open_demo_logins(by=_BY, at=_LONG_AGO)
        for pack in packs:
            for file in pack.folder("scenarios"):
                played += 1
                failures += scenarios.play(read_scenario(file), pack=pack.key)
    for failure in failures:
        click.echo(str(failure))
    keys = {"scenarios": played, "failures": [asdict(one) for one in failures]}
    said = (
        f"{played} 个场景，{len(failures)} 处与预期不符。"
        if failures
        else f"{played} 个场景全部符合。"
    )
    console.report(keys, said, as_json=as_json)
    return 1 if failures else 0


@command.command(name="list")
@console.as_json
def list_packs(*, as_json: bool) -> None:
    """List the installed packs and how many definitions of each kind are in force."""
    packs = [
        {
            "key": pack.key,
            "version": pack.version,
            "name": pack.names["zh"],
            "installed_at": pack.installed_at,
            "definitions": _counts(pack.key),
        }
        for pack in queries.installed_packs()
    ]
    lines = [f"{one['key']} {one['version']}  {one['name']}  {one['definitions']}" for one in packs]
    console.report({"packs": packs}, "\n".join(lines) or "还没有安装行业包。", as_json=as_json)


@command.command()
@click.argument("key")
@click.argument("place", type=click.Path(path_type=Path))
@console.as_json
def export(key: str, place: Path, *, as_json: bool) -> None:
    """Write an installed pack to PLACE: a new folder, or a zip file when the name ends in .zip."""
    files = queries.export_pack(key)
    pack_files.write(files, place, at=clock.now())
    keys = {"pack": key, "files": len(files), "place": str(place)}
    console.report(keys, f"已导出 {len(files)} 个文件到 {place}。", as_json=as_json)


def findings_of(place: Path) -> list[Problem]:
    """Return what is wrong or worth a look in the pack at a place; what it requires lies beside it."""
    try:
        source = pack_files.read(place)
        beside = {**pack_files.read_beside(place), source.key: source}
    except PackUnreadable as unreadable:
        return unreadable.problems
    problems = actions.check_pack(source, beside=beside)
    return problems or actions.pack_warnings(source, beside=beside)


def _with_needed(places: tuple[Path, ...], *, there: frozenset[str]) -> list[PackSource]:
    """Return the packs at the places and those beside them that they need and that are not there."""
    try:
        wanted = {source.key: source for source in map(pack_files.read, places)}
        beside = {
            key: one for place in places for key, one in pack_files.read_beside(place).items()
        }
    except PackUnreadable as unreadable:
        raise actions.PackHasProblems(unreadable.problems) from unreadable
    waiting = list(wanted.values())
    while waiting:
        for need in waiting.pop().manifest.requires:
            if need.key in beside and need.key not in wanted and need.key not in there:
                wanted[need.key] = beside[need.key]
                waiting.append(beside[need.key])
    return rules.in_order(wanted.values())


def _counts(key: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in queries.definitions(pack_key=key):
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return counts
