"""Find a class by a part of its name, or by how it sounds: whole pinyin or initials (CAP-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bihuan.domain.cases.queries import ClassNode

SHOWN: Final = 8
MISSED: Final = 9


@dataclass(frozen=True, slots=True)
class ClassHit:
    """A class that was found, with the level codes that choose it."""

    code: str
    name: str
    path: str
    levels: dict[str, str]


def find_classes(nodes: Sequence[ClassNode], text: str, *, size: int = SHOWN) -> list[ClassHit]:
    """Return the classes that fit a search text, the closest first; last levels before those above them."""
    wanted = "".join(text.lower().split())
    if not wanted:
        return []
    above = {node.parent_code for node in nodes}
    ranked = sorted(
        (rank, node.code in above, nth)
        for nth, node in enumerate(nodes)
        if (rank := _rank(node.name, wanted)) < MISSED
    )
    by_code = {node.code: node for node in nodes}
    return [_hit(nodes[nth], by_code) for _rank_, _above, nth in ranked[:size]]


def levels_of(code: str) -> dict[str, str]:
    """Return what the three columns of the picker hold for a class."""
    parts = code.split(".")
    return {
        f"class_{level}": ".".join(parts[:level]) if level <= len(parts) else ""
        for level in (1, 2, 3)
    }


def path_of(code: str, nodes: Sequence[ClassNode]) -> str:
    """Return the names of a class and those above it."""
    return _path(code, {node.code: node for node in nodes})


def _hit(node: ClassNode, by_code: dict[str, ClassNode]) -> ClassHit:
    return ClassHit(node.code, node.name, _path(node.code, by_code), levels_of(node.code))


def _path(code: str, by_code: dict[str, ClassNode]) -> str:
    parts = code.split(".")
    codes = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    return " › ".join(by_code[one].name for one in codes if one in by_code)


def _rank(name: str, wanted: str) -> int:
    """Return how well a name fits: its beginning, its initials, within it, its sound; `MISSED` for not at all."""
    whole, initials = _sounds(name)
    tests = (
        name.startswith(wanted),
        initials.startswith(wanted),
        wanted in name,
        whole.startswith(wanted),
        wanted in initials,
        wanted in whole,
    )
    return next((rank for rank, fits in enumerate(tests) if fits), MISSED)


@lru_cache(maxsize=4096)
def _sounds(name: str) -> tuple[str, str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - loads its words, which takes a while

    whole = "".join(lazy_pinyin(name)).lower()
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return whole, initials
