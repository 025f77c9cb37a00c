"""The folders processes understands: `processes/*.bpmn`, `forms/*.yaml` and `decisions/*.yaml`.

A file is named after what it holds: `forms/accept.yaml` holds the form `accept`, `processes/request.bpmn`
the process `request`. A diagram names forms, decisions and processes of its own pack by their short
name, those of required packs in full.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.domain.processes.ports import VARIABLES, VERBS
from bihuan.engines import decisions, forms
from bihuan.engines.bpmn import check, parse, rest
from bihuan.engines.bpmn.document import Document, Problem as DiagramProblem, Severity, Unreadable
from bihuan.engines.bpmn.model import Process
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.source import PackFile, PackSource


class FormPart:
    """What is filled in at a unit; the format is in docs/reference/forms.md."""

    kind, folder, suffixes = "form", "forms", (".yaml", ".json")

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong with the form, its conditions included."""
        try:
            form = forms.read(file)
        except forms.NotAForm as wrong:
            return wrong.problems
        return _named_as_its_file(file, form.code)

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the form as JSON."""
        form = forms.read(file)
        return {"title": form.title, "form": form.to_json()}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: forms are read from the definition."""


class DecisionPart:
    """A table that decides a grade or a limit."""

    kind, folder, suffixes = "decision", "decisions", (".yaml", ".json")

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong with the table; every row is tried."""
        try:
            table = decisions.read(file)
        except decisions.NotATable as wrong:
            return wrong.problems
        return _named_as_its_file(file, table.code)

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the table as JSON."""
        table = decisions.read(file)
        return {"title": table.title, "table": table.to_json()}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: tables are read from the definition."""


class ProcessPart:
    """A diagram that the engine runs."""

    kind, folder, suffixes = "process", "processes", (".bpmn",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what keeps the diagram from running, by the line of its XML."""
        return list(_told(file, self.findings(file, pack)))

    def findings(self, file: PackFile, pack: PackSource) -> list[DiagramProblem]:
        """Return the same with the element each is about, for those who see the diagram."""
        try:
            document = parse.read(file.text.encode())
        except Unreadable as wrong:
            return [wrong.problem]
        found = [*document.problems, *(one.problem() for one in document.unsupported)]
        if _key(file) not in {process.key for process in document.processes}:
            line = next(iter(document.lines.values()), 1)
            remedy = f"请把流程的 id 改成 {_key(file)}，或改文件名"
            return [DiagramProblem(f"文件里没有流程“{_key(file)}”", remedy, line=line)]
        process = document.process(_key(file))
        return found + check.publish_problems(process, known_names(pack), document.lines)

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the process as JSON, and the keys its short names stand for."""
        process = _process(parse.read(file.text.encode()), file, pack)
        return {
            "title": process.name or process.key,
            "process": process.to_json(),
            "forms": _short_names(pack, "forms"),
            "decisions": _short_names(pack, "decisions"),
            "calendar": "",
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: instances pin the definition they run."""


def _key(file: PackFile) -> str:
    return file.stem


def _named_as_its_file(file: PackFile, code: str) -> list[Problem]:
    if code == file.stem:
        return []
    remedy = f"请把 code 改成 {file.stem}，或把文件改名为 {code}{file.suffix}"
    return [file.problem(("code",), f"编码“{code}”与文件名不一致", remedy)]


def _told(file: PackFile, found: Iterable[DiagramProblem]) -> Iterable[Problem]:
    return (
        Problem(
            file.path,
            one.line or 1,
            one.message,
            one.remedy or "请改正后重新检查",
            is_warning=one.severity is not Severity.ERROR,
        )
        for one in found
    )


def known_names(pack: PackSource) -> check.Known:
    """Return every name that a diagram of the pack may use."""
    posts = {
        str(post.get("code"))
        for _, file in pack.known("org")
        for post in (file.data or {}).get("posts") or []
    }
    return check.Known(
        posts=frozenset(posts),
        forms=frozenset(_short_names(pack, "forms")),
        verbs=frozenset(VERBS),
        calendars=frozenset(_short_names(pack, "calendars")),
        decisions=frozenset(_short_names(pack, "decisions")),
        processes=frozenset(_short_names(pack, "processes")),
        variables=_variables(pack),
        calls=_calls(pack),
        charges=frozenset(_charge_items(pack)),
    )


def _calls(pack: PackSource) -> dict[str, frozenset[str]]:
    """Return which processes each known process calls, by every name a file may use for it."""
    own = {f"{file.stem}": file for file in pack.folder("processes")}
    found = {
        key: _called_in(file.text, key.rpartition(".")[2]) for key, file in pack.known("processes")
    }
    return found | {name: _called_in(file.text, name) for name, file in own.items()}


@lru_cache(maxsize=256)
def _called_in(text: str, key: str) -> frozenset[str]:
    try:
        document = parse.read(text.encode())
    except Unreadable:
        return frozenset()
    found = (rest.called_by(one) for one in document.processes if one.key == key)
    return next(found, frozenset())


def _variables(pack: PackSource) -> frozenset[str]:
    """Return every name a form, a decision table or a verb gives a process to decide by."""
    names = {name for _, given in VARIABLES.items() for name in given}
    for _, file in pack.known("forms"):
        fields = (file.data or {}).get("fields") or []
        names |= {str(field.get("code")) for field in fields}
    for _, file in pack.known("decisions"):
        outputs = (file.data or {}).get("outputs") or []
        names |= {str(one.get("field") or one.get("code") or one.get("name")) for one in outputs}
    return frozenset(names)


def _charge_items(pack: PackSource) -> dict[str, str]:
    """Return every name a unit may use for a charge item, with the item's key."""
    found: dict[str, str] = {}
    for key, file in pack.known("prices"):
        owner = key.partition(".")[0]
        for item in (file.data or {}).get("items") or []:
            code = str(item.get("code"))
            found[f"{owner}.{code}"] = f"{owner}.{code}"
            if owner == pack.key:
                found[code] = f"{owner}.{code}"
    return found


def _short_names(pack: PackSource, folder: str) -> dict[str, str]:
    """Return every name a file may use for a definition of a folder, with the definition's key."""
    keys = {key: key for key, _ in pack.known(folder)}
    own = {file.stem: pack.definition_key(file) for file in pack.folder(folder)}
    return {**keys, **own}


def _process(document: Document, file: PackFile, pack: PackSource) -> Process:
    """Return the file's process with calendars and called processes written in full."""
    process = document.process(_key(file))
    calendars, processes = _short_names(pack, "calendars"), _short_names(pack, "processes")
    items = _charge_items(pack)
    nodes = {}
    for id_, node in process.nodes.items():
        unit = node.unit
        if unit is not None:
            charges = " ".join(items.get(one, one) for one in unit.charge_items)
            calendar = calendars.get(unit.calendar, unit.calendar)
            unit = replace(unit, calendar=calendar, charges=charges)
        called = processes.get(node.called_element, node.called_element)
        nodes[id_] = replace(node, unit=unit, called_element=called)
    groups = tuple(
        replace(group, calendar=calendars.get(group.calendar, group.calendar))
        for group in process.limit_groups
    )
    return replace(process, nodes=nodes, limit_groups=groups)
