"""The folders packs understands by itself: texts, scenarios and demo data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.scenario import scenario_problems
from bihuan.engines.packs.source import PackFile, PackSource

LANGUAGES = ("zh-hans", "en")


class TextPart:
    """`texts/<lang>/*.yaml`: words people read, by dotted key."""

    kind, folder, suffixes = "text", "texts", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: an unknown language, or a value that is no text."""
        lang = file.stem.split(".")[0]
        if lang not in LANGUAGES:
            message = f"不认识语言“{lang}”"
            return [file.problem((), message, suggest(lang, LANGUAGES))]
        return [
            file.problem(path, "这里应是一段文字", "请写成 键: 文字，需要时加引号")
            for path, value in _leaves(file.data)
            if not isinstance(value, str)
        ]

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the language and its texts by dotted key."""
        lang = file.stem.split(".")[0]
        return {"lang": lang, "texts": {".".join(path): text for path, text in _leaves(file.data)}}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: texts are read from the definition."""


class ScenarioPart:
    """`scenarios/*.yaml`: given, steps and what must then be true."""

    kind, folder, suffixes = "scenario", "scenarios", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong with the scenario, units of the pack's processes included."""
        return scenario_problems(file, pack)

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the scenario as written."""
        return {"title": str(file.data["scenario"]), **file.data}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: scenarios are run from the definition."""


class DemoPart:
    """`demo/*.yaml`: customers and cases that make a demonstration come alive."""

    kind, folder, suffixes = "demo", "demo", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: only lists by name are demo data; their loader checks the rest."""
        if isinstance(file.data, dict) and all(isinstance(v, list) for v in file.data.values()):
            return []
        return [file.problem((), "演示数据应是若干个列表", "请写成 customers: 和 cases: 两个列表")]

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the data as written."""
        return dict(file.data)

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: `bihuan demo` loads it on request, never an installation."""


def _leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(data, dict):
        yield path, data
        return
    for key, value in data.items():
        yield from _leaves(value, (*path, key))
