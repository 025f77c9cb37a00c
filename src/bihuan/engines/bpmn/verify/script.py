"""Read scripts. Fields nobody knows are ignored; what can not be carried out is said, and counts as failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bihuan.engines.bpmn.run_timers import BadTimer, duration


class Malformed(Exception):
    """The text is not a list of scripts at all; the message is for the person who wrote it."""


class BadStep(Exception):
    """One script, case or step does not follow the format; its case fails with this reason."""


@dataclass(frozen=True, slots=True)
class ExpectOpen:
    """The open units, counted by BPMN id, are exactly these."""

    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Complete:
    """Claim and submit the oldest open unit with this id."""

    node: str
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the clock and fire everything that falls due."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class ExpectEnded:
    """The started instance has ended, or has not."""

    ended: bool


@dataclass(frozen=True, slots=True)
class ExpectError:
    """The start or the completion just before failed and changed nothing."""

    code: str


Step = ExpectOpen | Complete | Advance | ExpectEnded | ExpectError


@dataclass(frozen=True, slots=True)
class Case:
    """One independent run. The steps are still as written, so that a bad one fails only its case."""

    name: str
    variables: Mapping[str, Any]
    steps: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A process, the files to deploy, and what is done with it."""

    id: str
    process: str
    files: tuple[str, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """What the importer must find in one file; `expected` is the entry as written."""

    file: str
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Misread:
    """An entry that is neither a script nor an import entry; it counts as one failure."""

    name: str
    reason: str


Entry = Script | ImportEntry | Misread


def read(text: bytes) -> list[Entry]:
    """Return the entries of a scripts file in order, or raise `Malformed`."""
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise Malformed(f"脚本文件不是 UTF-8 的 JSON：{wrong}。") from wrong
    if not isinstance(found, list):
        raise Malformed("脚本文件的最外层应当是一个数组。")
    return [_entry(one, number) for number, one in enumerate(found, start=1)]


def step(value: Any) -> Step:
    """Return one step, or raise `BadStep`. Exactly one key is known; the others are ignored."""
    known = [key for key in _STEPS if isinstance(value, dict) and key in value]
    if len(known) != 1:
        raise BadStep(f"not exactly one of {', '.join(_STEPS)} in {_shown(value)}")
    return _STEPS[known[0]](value)


def _entry(value: Any, number: int) -> Entry:
    name = f"entry {number}"
    if not isinstance(value, dict):
        return Misread(name, "is not an object")
    try:
        if "cases" in value:
            return _script(value, name)
        if "counts" in value:
            return _import(value, name)
    except BadStep as wrong:
        return Misread(str(value.get("id") or value.get("file") or name), str(wrong))
    return Misread(str(value.get("id", name)), "has neither cases nor counts")


def _script(value: dict[str, Any], name: str) -> Script:
    files = _list(value, "files")
    return Script(
        id=str(value.get("id", name)),
        process=_text(value, "process").strip(),
        files=tuple(_text({"files": one}, "files") for one in files),
        cases=tuple(_case(one, number) for number, one in enumerate(_list(value, "cases"), 1)),
    )


def _case(value: Any, number: int) -> Case:
    if not isinstance(value, dict):
        raise BadStep(f"case {number} is not an object")
    return Case(
        name=str(value.get("name", f"case {number}")),
        variables=_object(value, "vars"),
        steps=tuple(_list(value, "steps")),
    )


def _import(value: dict[str, Any], name: str) -> ImportEntry:
    expected: dict[str, Any] = {
        "processes": _list(value, "processes"),
        "diagram": bool(value.get("diagram", False)),
        "counts": _object(value, "counts"),
        "unsupported": _list(value, "unsupported"),
        "publishable": bool(value.get("publishable", True)),
        "keep": _list(value, "keep"),
    }
    for item in [*expected["unsupported"], *expected["keep"]]:
        if not isinstance(item, dict) or "id" not in item:
            raise BadStep(f"{name}: {_shown(item)} has no id")
    return ImportEntry(_text(value, "file"), expected)


# -------------------------------------------------------------------- steps


def _expect_open(value: dict[str, Any]) -> Step:
    units = _object(value, "expect_open")
    if not all(_is_count(count) for count in units.values()):
        raise BadStep(f"expect_open counts units: {_shown(units)}")
    return ExpectOpen({node.strip(): int(count) for node, count in units.items() if count})


def _complete(value: dict[str, Any]) -> Step:
    return Complete(_text(value, "complete").strip(), _object(value, "vars"))


def _advance(value: dict[str, Any]) -> Step:
    text = _text(value, "advance")
    try:
        return Advance(duration(text))
    except (BadTimer, OverflowError):
        raise BadStep(f"advance {text!r} is not an ISO 8601 duration") from None


def _expect_ended(value: dict[str, Any]) -> Step:
    if not isinstance(value["expect_ended"], bool):
        raise BadStep("expect_ended is true or false")
    return ExpectEnded(value["expect_ended"])


def _expect_error(value: dict[str, Any]) -> Step:
    return ExpectError(_text(value, "expect_error"))


_STEPS = {
    "expect_open": _expect_open,
    "complete": _complete,
    "advance": _advance,
    "expect_ended": _expect_ended,
    "expect_error": _expect_error,
}


# -------------------------------------------------------------------- values


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found.strip():
        raise BadStep(f"{key} is not a text: {_shown(found)}")
    return found


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key, [])
    if not isinstance(found, list):
        raise BadStep(f"{key} is not a list: {_shown(found)}")
    return found


def _object(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise BadStep(f"{key} is not an object: {_shown(found)}")
    return found


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
