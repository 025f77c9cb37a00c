"""`pack.toml`: who a pack is and what it stands on."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from bihuan.engines.packs.problem import PackUnreadable, Problem, suggest

MANIFEST = "pack.toml"
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}$")
_VERSION = re.compile(r"\d+(\.\d+){0,3}$")
_REQUIREMENT = re.compile(r"(?P<key>[a-z][a-z0-9_]*)\s*(?:>=\s*(?P<least>\d+(?:\.\d+)*))?$")
_KEYS = ("key", "version", "name", "description", "requires")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A pack this one stands on, and the least version that will do."""

    key: str
    least: str = ""

    def met_by(self, version: str) -> bool:
        """Say whether an installed version will do."""
        return not self.least or numbers(version) >= numbers(self.least)

    def __str__(self) -> str:
        """Return it as written in the manifest."""
        return f"{self.key} >= {self.least}" if self.least else self.key


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `pack.toml` says. `names` and `descriptions` are by language: `zh`, `en`."""

    key: str
    version: str
    names: dict[str, str]
    descriptions: dict[str, str]
    requires: tuple[Requirement, ...]
    text: str

    def line(self, key: str) -> int:
        """Return the line on which a key of the manifest is written."""
        return _line(self.text, key)


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as comparable numbers: `1.2` equals `1.2.0`."""
    parts = [int(part) for part in version.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def read_manifest(text: str) -> Manifest:
    """Read `pack.toml`; raises `PackUnreadable` with everything that is wrong in it."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackUnreadable([_syntax(str(error), text)]) from error
    problems = [*_unknown(data, text), *_identity(data, text), *_requirements(data, text)]
    if problems:
        raise PackUnreadable(problems)
    return Manifest(
        key=data["key"],
        version=data["version"],
        names=dict(data["name"]),
        descriptions=dict(data.get("description", {})),
        requires=tuple(_requirement(entry) for entry in data.get("requires", [])),
        text=text,
    )


def _syntax(error: str, text: str) -> Problem:
    found = re.search(r"line (\d+)", error)
    line = int(found.group(1)) if found else text.count("\n") + 1
    return Problem(
        MANIFEST, line, "这一行不符合 TOML 写法", '请写成 键 = "值" 的形式，文字用双引号'
    )


def _line(text: str, key: str) -> int:
    pattern = re.compile(rf"\s*\[?{re.escape(key)}\b\s*(=|\]|\.)")
    return next((n for n, row in enumerate(text.splitlines(), 1) if pattern.match(row)), 1)


def _unknown(data: dict[str, Any], text: str) -> list[Problem]:
    return [
        Problem(MANIFEST, _line(text, key), f"不认识“{key}”", suggest(key, _KEYS))
        for key in data
        if key not in _KEYS
    ]


def _identity(data: dict[str, Any], text: str) -> list[Problem]:
    checks = (
        ("key", _is_text(data.get("key"), _KEY), '请写成小写英文，例如 key = "hotline"'),
        (
            "version",
            _is_text(data.get("version"), _VERSION),
            '请写成数字版本，例如 version = "1.0.0"',
        ),
        ("name", _is_names(data.get("name")), '请写成 name = { zh = "热线", en = "Hotline" }'),
        (
            "description",
            "description" not in data or _is_names(data["description"]),
            '请写成 description = { zh = "…", en = "…" }',
        ),
    )
    return [
        Problem(
            MANIFEST, _line(text, key), f"“{key}”{'写得不对' if key in data else '缺失'}", remedy
        )
        for key, right, remedy in checks
        if not right
    ]


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _is_names(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value.get("zh"))
        and all(isinstance(name, str) for name in value.values())
    )


def _requirements(data: dict[str, Any], text: str) -> list[Problem]:
    entries = data.get("requires", [])
    right = isinstance(entries, list) and all(
        isinstance(entry, str) and _REQUIREMENT.match(entry) for entry in entries
    )
    if right:
        return []
    remedy = '请写成 requires = ["base", "hotline >= 1.0"]'
    return [Problem(MANIFEST, _line(text, "requires"), "“requires”写得不对", remedy)]


def _requirement(entry: str) -> Requirement:
    found = _REQUIREMENT.match(entry)
    return Requirement(found["key"], found["least"] or "") if found else Requirement(entry)
