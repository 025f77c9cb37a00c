"""`bihuan customers consolidate`: which records are the same customer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bihuan.config import console
from bihuan.config.linking import consolidating, stored
from bihuan.config.linking.consolidating import Outcome, Wanted
from bihuan.engines.linkage import report
from bihuan.engines.linkage.quality import Quality
from bihuan.kit.problems import Invalid

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TITLES = {"automatic": "自动合并", "accepted": "含核对通过"}


_OF_TABLES = ("map_file", "truth", "out", "compare_with")


class TablesMissing(Invalid):
    """What is asked for is about tables, and none is given: the stored customers are not meant."""

    message = "--map、--truth、--out、--compare-with 只用于表格，请用 --input 指明文件。"


@click.command()
@click.option(
    "--input",
    "inputs",
    type=_FILE,
    multiple=True,
    help="A table; may be given several times. Without one the stored customers are consolidated.",
)
@click.argument("more", nargs=-1, type=_FILE)
@click.option("--truth", type=_FILE, help="record_id and customer_id, to measure against.")
@click.option("--map", "map_file", type=_FILE, help="Which column has which role (TOML).")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="Where pairs are scored.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for groups.parquet and review.parquet.",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.5),
    default=4.0,
    show_default=True,
    help="GB for DuckDB, and as much again for the workers of Spark.",
)
@click.option(
    "--compare-with",
    type=_FILE,
    help="groups.parquet of another run over the same records: how many pairs differ.",
)
@click.option(
    "--unit", default="", help="Stored customers: code of the org unit; default: the top."
)
@console.as_json
@console.offline  # with --input it needs no database
def consolidate(
    *, inputs: tuple[Path, ...], more: tuple[Path, ...], as_json: bool, **rest: Any
) -> None:
    """Find which records are the same customer, in tables of any country; files may follow the options, too.

    Without a table the stored customers are looked through: sure doubles merge, the others wait on the page of doubles.
    A run that was stopped goes on when the command is given again; with tables that needs --out.

    Prints how many records, groups and pairs there are, against a truth precision, recall and F1 (of the groups with the
    pairs for review accepted; `automatic` is without them), seconds and memory, and what must be collected.
    """
    tables = (*inputs, *more)
    if not tables:
        if any(rest[name] for name in _OF_TABLES):
            raise TablesMissing
        stored.consolidate(rest["unit"], as_json=as_json)
        return
    wanted = Wanted(
        tables,
        rest["map_file"],
        rest["truth"],
        rest["engine"],
        rest["out"],
        rest["memory"],
        rest["compare_with"],
    )
    outcome = consolidating.consolidate(wanted, lambda said: click.echo(said, err=True))
    console.report(keys(outcome), _text(outcome), as_json=as_json)


def keys(outcome: Outcome) -> dict[str, Any]:
    """Return what a machine reads: the figures of the whole at the top, by kind and without review below."""
    accepted = outcome.quality.get("accepted", {})
    automatic = outcome.quality.get("automatic", {})
    return {
        "records": outcome.records,
        "clusters": outcome.clusters,
        "pairs": outcome.pairs,
        **_figures(accepted.get("all")),
        "seconds": round(sum(outcome.seconds.values()), 1),
        "peak_mb": round(outcome.peak_mb),
        "review": outcome.review,
        "automatic": {"clusters": outcome.automatic_clusters, **_figures(automatic.get("all"))},
        "by_kind": {
            kind: {**_figures(accepted[kind]), "automatic": _figures(automatic[kind])}
            for kind in accepted
            if kind != "all"
        },
        "compared": {name: _compared(found) for name, found in outcome.compared.items()},
        "seconds_of": outcome.seconds,
        "report": [
            {
                "source": one.source,
                "unit": one.unit,
                "records": one.records,
                "verdicts": one.verdicts,
                "flaws": one.flaws,
            }
            for one in outcome.lines
        ],
    }


def _figures(found: Quality | None) -> Mapping[str, float | None]:
    if found is None:
        return {"precision": None, "recall": None, "f1": None}
    return {
        "precision": round(found.precision, 5),
        "recall": round(found.recall, 5),
        "f1": round(found.f1, 5),
    }


def _compared(found: Quality) -> Mapping[str, float]:
    return {
        "pairs": found.said,
        "other_pairs": found.true,
        "common": found.right,
        "differing": round(found.differing, 6),
    }


def _text(outcome: Outcome) -> str:
    told = [
        f"{outcome.records} 条记录归为 {outcome.clusters} 位客户（自动合并后 {outcome.automatic_clusters} 位），比对 {outcome.pairs} 对，"
        f"待人工核对 {outcome.review} 对",
        f"用时 {sum(outcome.seconds.values()):.1f} 秒，内存峰值 {outcome.peak_mb:.0f} MB",
    ]
    for name, title in _TITLES.items():
        for kind, found in outcome.quality.get(name, {}).items():
            said = {"all": "全部", "person": "个人", "company": "单位"}[kind]
            told.append(
                f"{title}·{said}：准确率 {found.precision:.4f}，召回率 {found.recall:.4f}，F1 {found.f1:.4f}"
            )
    told.extend(
        f"与对照结果相比·{_TITLES[name]}：{other.differing:.4%} 的记录对不一致"
        for name, other in outcome.compared.items()
    )
    return "\n".join([*told, "", report.as_text(outcome.lines)])
