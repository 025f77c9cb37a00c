"""`bihuan duplicates`: how good the proposed duplicates are, and finding old cases by their texts."""

from collections.abc import Sequence
from pathlib import Path

import click

from bihuan.config import console
from bihuan.domain.cases.actions import fingerprints
from bihuan.domain.cases.queries import duplicates, duplicates_judged as judged
from bihuan.domain.cases.queries.duplicates_judged import Judgement, Pair
from bihuan.integrations.labelled_texts import Labelled, read_labelled

SHOWN = 10
YES = frozenset({"1", "yes", "true", "same", "是", "相同", "重复"})
NO = frozenset({"0", "no", "false", "different", "否", "不同", "不重复"})


@click.group()
def command() -> None:
    """Propose cases that may be the same matter, and say how good the proposals are."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--first", default="first", show_default=True, help="Heading: number of one case.")
@click.option("--second", default="second", show_default=True, help="Heading: number of the other.")
@click.option("--same", default="same", show_default=True, help="Heading: 1 the same, 0 not.")
@click.option(
    "--days", default=duplicates.DAYS, show_default=True, help="How far back intake looks."
)
@console.as_json
def evaluate(*, file: Path, first: str, second: str, same: str, days: int, as_json: bool) -> int:
    """Measure precision and recall on pairs of cases that people have judged.

    Each pair names two cases by number, or by the number they had in the file they were imported from. The
    later one is taken in again at its own moment: is the earlier one proposed? Pairs of characters are counted
    first, so that the figures do not depend on when the database last did. Exit status 1 when rows could not be
    used.
    """
    fingerprints.count_pairs()
    read = read_labelled(file, texts=(first, second), label=same)
    pairs, unusable = _pairs(read)
    for line in unusable[:SHOWN]:
        click.echo(line, err=True)
    found = judged.judge(pairs, days=days)
    if not as_json:
        _tell(found)
    keys = {
        "precision": _rounded(found.precision),
        "recall": _rounded(found.recall),
        "pairs": found.pairs,
        "same": found.same,
        "proposed": found.proposed,
        "right": found.right,
        "days": days,
        "rejected": len(unusable),
    }
    console.report(keys, as_json=as_json)
    return 1 if unusable else 0


@command.command()
@console.as_json
def index(*, as_json: bool) -> None:
    """Let cases that have no fingerprint yet be found by their texts."""
    done = 0
    while count := fingerprints.read_texts(most=20_000):
        done += count
        click.echo(f"已读 {done} 件", err=True)
    console.report({"read": done}, as_json=as_json)


def _pairs(read: Labelled) -> tuple[list[Pair], list[str]]:
    known = judged.cases_by_key(key for pair in read.texts for key in pair)
    pairs: list[Pair] = []
    unusable = [f"第 {line} 行：{reason}" for line, reason in read.rejected]
    for (one, other), label in zip(read.texts, read.labels, strict=True):
        missing = [key for key in (one, other) if key not in known]
        if missing:
            unusable.append(f"{one}、{other}：没有编号为 {missing[0]} 的工单，请先导入")
        elif label.lower() not in YES | NO:
            unusable.append(f"{one}、{other}：“{label}”既不是 1 也不是 0")
        else:
            pairs.append(Pair(known[one], known[other], label.lower() in YES))
    return pairs, unusable


def _tell(found: Judgement) -> None:
    kinds: Sequence[tuple[str, Sequence[Pair]]] = (("漏报", found.missed), ("误报", found.wrong))
    for title, pairs in kinds:
        click.echo(f"{title} {len(pairs)} 对")


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
