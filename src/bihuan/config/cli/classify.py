"""`bihuan classify`: learn from labelled texts which class a new one belongs to.

A model is two files below BIHUAN_HOME/models: `<name>.npz`, and `<name>.json` that says where it comes from
and how good it was. Web processes read a new one at once.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bihuan.config import console
from bihuan.domain.cases.queries import learning, suggesting
from bihuan.engines import classification
from bihuan.integrations.labelled_texts import Labelled, read_labelled
from bihuan.kit import clock
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
    keys = _evaluated(labelled.texts, labelled.labels, shown=not as_json)
    console.report(keys, as_json=as_json)
    return 1 if labelled.rejected else 0


@command.command()
@_of_labelled_texts
@click.option(
    "--name",
    default=suggesting.CLASS,
    show_default=True,
    help="class or unit; class.hotline for one pack alone.",
)
def train(*, file: Path, texts: tuple[str, ...], label: str, as_json: bool, name: str) -> int:
    """Cross-validate, then train on all of the texts and keep the model for suggestions.

    `class` suggests the class of a request: a label is a class's code or name. `unit` suggests the org unit
    responsible: a label is its code.
    """
    labelled = _read(file, texts, label)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    source = {"file": file.name, "sha256": digest, "text": list(texts), "label": label}
    keys = _trained(name, (labelled.texts, labelled.labels), source, shown=not as_json)
    console.report(keys, as_json=as_json)
    return 1 if labelled.rejected else 0


@command.command()
@click.option("--pack", required=True, help="The industry pack whose cases are learned from.")
@console.as_json
def learn(*, pack: str, as_json: bool) -> None:
    """Train anew from how people have judged a pack's cases: their classes, and who was responsible."""
    keys: dict[str, Any] = {}
    sources = (
        (suggesting.CLASS, learning.judged_classes),
        (suggesting.UNIT, learning.judged_units),
    )
    for kind, judged in sources:
        name = f"{kind}.{pack}"
        try:
            keys[name] = _trained(name, judged(pack), {"cases": pack}, shown=not as_json)
        except TooFewLabels as few:
            keys[name] = {"skipped": few.message}
    console.report(keys, as_json=as_json)


@command.command()
@console.as_json
@console.offline
def show(*, as_json: bool) -> None:
    """List the models that are in use, where they come from and how good they were."""
    names = sorted(place.stem for place in suggesting.model_folder().glob("*.npz"))
    keys = {name: dict(suggesting.model_about(name)) for name in names}
    console.report(keys, "" if names else "还没有训练过模型。", as_json=as_json)


def _trained(
    name: str,
    examples: tuple[Sequence[classification.Document], Sequence[str]],
    source: dict[str, Any],
    *,
    shown: bool,
) -> dict[str, Any]:
    began = time.monotonic()
    texts, labels = examples
    keys = _evaluated(texts, labels, shown=shown)
    content = classification.train(texts, labels).to_bytes()
    about = {
        "trained_at": clock.now().isoformat(),
        "source": source,
        **keys,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    place = _keep(name, content, about)
    keys |= {"model": place.name, "bytes": len(content)}
    return keys | {"seconds": round(time.monotonic() - began, 1)}


def _read(file: Path, texts: tuple[str, ...], label: str) -> Labelled:
    labelled = read_labelled(file, texts=texts, label=label)
    for line, reason in labelled.rejected[:SHOWN]:
        click.echo(f"{file.name} 第 {line} 行：{reason}", err=True)
    if len(labelled.rejected) > SHOWN:
        click.echo(f"……共 {len(labelled.rejected)} 行未用", err=True)
    return labelled


def _evaluated(
    texts: Sequence[classification.Document], labels: Sequence[str], *, shown: bool
) -> dict[str, Any]:
    try:
        found = classification.evaluate(texts, labels)
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


def _keep(name: str, content: bytes, about: dict[str, Any]) -> Path:
    """Write a model whole or not at all; what is said about it comes first."""
    folder = suggesting.model_folder()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{Path(name).name}.npz"
    said = json.dumps(about, ensure_ascii=False, indent=1).encode()
    for target, written in ((folder / f"{Path(name).name}.json", said), (place, content)):
        fresh = target.with_name(f"{target.name}.new")
        fresh.write_bytes(written)
        fresh.replace(target)
    return place
