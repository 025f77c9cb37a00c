"""`bihuan classify`: learn from labelled texts which class a new one belongs to."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from django.conf import settings

from bihuan.config import console
from bihuan.engines import classification
from bihuan.integrations.labelled_texts import Labelled, read_labelled
from bihuan.kit.problems import Invalid

SHOWN = 20
_DECORATORS: tuple[Callable[[Any], Any], ...] = (
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option(
        "--text",
        "texts",
        multiple=True,
        required=True,
        help="Heading of a text column; may repeat.",
    ),
    click.option("--label", required=True, help="Heading of the column with the label."),
    console.as_json,
    console.offline,
)


class TooFewLabels(Invalid):
    """There is not enough to learn from."""

    message = "学不了：至少要有两类，每类至少 5 条。"


def _of_labelled_texts(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in reversed(_DECORATORS):
        function = decorate(function)
    return function


@click.group()
def command() -> None:
    """Suggest classes: train from labelled texts, and say how good the suggestions are."""


@command.command()
@_of_labelled_texts
def evaluate(*, file: Path, texts: tuple[str, ...], label: str, as_json: bool) -> int:
    """Cross-validate on labelled texts: how often the first suggestion is right on unseen ones."""
    labelled = _read(file, texts, label)
    console.report(_evaluated(labelled, shown=not as_json), as_json=as_json)
    return 1 if labelled.rejected else 0


@command.command()
@_of_labelled_texts
@click.option("--name", default="class", show_default=True, help="What the model is called.")
def train(*, file: Path, texts: tuple[str, ...], label: str, as_json: bool, name: str) -> int:
    """Cross-validate, then train on all of the texts and keep the model for suggestions."""
    began = time.monotonic()
    labelled = _read(file, texts, label)
    keys = _evaluated(labelled, shown=not as_json)
    content = classification.train(labelled.texts, labelled.labels).to_bytes()
    place = _keep(name, content)
    keys |= {"model": place.name, "bytes": len(content)}
    keys |= {"seconds": round(time.monotonic() - began, 1)}
    console.report(keys, as_json=as_json)
    return 1 if labelled.rejected else 0


def _read(file: Path, texts: tuple[str, ...], label: str) -> Labelled:
    labelled = read_labelled(file, texts=texts, label=label)
    for line, reason in labelled.rejected[:SHOWN]:
        click.echo(f"{file.name} 第 {line} 行：{reason}", err=True)
    if len(labelled.rejected) > SHOWN:
        click.echo(f"……共 {len(labelled.rejected)} 行未用", err=True)
    return labelled


def _evaluated(labelled: Labelled, *, shown: bool) -> dict[str, Any]:
    try:
        found = classification.evaluate(labelled.texts, labelled.labels)
    except classification.TooFewLabels as few:
        raise TooFewLabels(f"{TooFewLabels.message}不够的有：{few}。" if str(few) else "") from few
    if shown:
        for name, (count, f1) in sorted(found.per_label.items(), key=lambda one: -one[1][0]):
            click.echo(f"{name}：{count} 条，F1 {f1:.2f}")
        for said, meant, count in found.confusions:
            click.echo(f"把「{meant}」认成「{said}」{count} 次")
    return {
        "accuracy": round(found.accuracy, 4),
        "macro_f1": round(found.macro_f1, 4),
        "classes": len(found.per_label),
        "rows": found.rows,
    }


def _keep(name: str, content: bytes) -> Path:
    """Write a model whole or not at all."""
    folder = Path(settings.HOME) / "models"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{Path(name).name}.npz"
    fresh = place.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(place)
    return place
