"""Suggest a class and a responsible unit for a request, from models trained on labelled ones (TKT-13).

A suggestion is shown with its confidence and never applied unasked. Models lie in `models/` below BIHUAN_HOME: `class`
and `unit`, or `class.<pack>` and `unit.<pack>` for one pack alone. Without one there are no suggestions.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from bihuan.domain.cases.queries.taxonomy import ClassNode, classes
from bihuan.domain.org import queries as org

CLASS: Final = "class"
UNIT: Final = "unit"
LEAST_CONFIDENCE: Final = 0.3
LEAST_TEXT: Final = 4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A class or org unit with its code, how sure the model is (0 to 1) and how good it was when trained."""

    code: str
    name: str
    confidence: float
    accuracy: float | None = None


def suggested_classes(
    pack: str, title: str, description: str, *, size: int = 3
) -> list[Suggestion]:
    """Return the likeliest classes of a pack that are offered, the likeliest first."""
    found = _asked(CLASS, pack, title, description)
    nodes = classes(pack) if found else ()
    by_label = _by_label(nodes)
    said = [(by_label.get(label), sure, accuracy) for label, sure, accuracy in found]
    return [
        Suggestion(node.code, _path(node, nodes), sure, accuracy)
        for node, sure, accuracy in said
        if node is not None and sure >= LEAST_CONFIDENCE
    ][:size]


def suggested_units(pack: str, title: str, description: str, *, size: int = 3) -> list[Suggestion]:
    """Return the org units that most likely become responsible, the likeliest first."""
    units = org.tree().by_code
    return [
        Suggestion(label, units[label].name, sure, accuracy)
        for label, sure, accuracy in _asked(UNIT, pack, title, description)
        if label in units and sure >= LEAST_CONFIDENCE
    ][:size]


def model_folder() -> Path:
    """Return where models are kept."""
    return Path(settings.HOME) / "models"


def model_about(name: str) -> Mapping[str, Any]:
    """Return where a model comes from and how good it was; empty when there is none."""
    place = model_folder() / f"{name}.json"
    try:
        about: Mapping[str, Any] = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about


def _asked(
    kind: str, pack: str, title: str, description: str
) -> list[tuple[str, float, float | None]]:
    """Return labels with confidences from the pack's own model, else the common one; nothing without."""
    if len(title.strip()) + len(description.strip()) < LEAST_TEXT:
        return []
    for name in (f"{kind}.{pack}", kind):
        place = model_folder() / f"{name}.npz"
        if not place.is_file():
            continue
        model = _model(place, place.stat().st_mtime_ns)
        if model is None:
            continue
        fields = (title, description) if model.fields == 2 else (f"{title}。{description}",)
        accuracy = model_about(name).get("accuracy")
        return [(one.label, one.confidence, accuracy) for one in model.suggest(fields, size=5)]
    return []


@lru_cache(maxsize=8)
def _model(place: Path, _written: int) -> Any:
    """Return a model, read once per process and version; None for a file that is none.

    What models need is large and is loaded only where there is one.
    """
    engine = importlib.import_module("bihuan.engines.classification")
    try:
        return engine.Model.from_bytes(place.read_bytes())
    except (engine.NotAModel, OSError):
        return None


def _by_label(nodes: Any) -> dict[str, ClassNode]:
    """Return classes by code and, where it names just one, by name; the higher level wins."""
    names: dict[str, list[ClassNode]] = {}
    for node in nodes:
        names.setdefault(node.name, []).append(node)
    found = {name: min(same, key=lambda one: one.level) for name, same in names.items()}
    return found | {node.code: node for node in nodes}


def _path(node: ClassNode, nodes: Any) -> str:
    by_code = {one.code: one for one in nodes}
    parts = node.code.split(".")
    above = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    return " › ".join(by_code[code].name for code in above if code in by_code)
