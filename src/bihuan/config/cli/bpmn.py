"""`bihuan bpmn`: check the engine by scripts and by chance, say what a diagram holds."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import click

from bihuan.config import console, database, scratch
from bihuan.domain.processes.ports import VERBS
from bihuan.engines.bpmn import imports, parse
from bihuan.engines.bpmn.check import Known, publish_problems
from bihuan.engines.bpmn.document import Document, Problem, Severity, Unreadable
from bihuan.engines.bpmn.verify import memory, runner
from bihuan.engines.bpmn.verify.script import Malformed
from bihuan.integrations import conformance
from bihuan.kit.problems import Refused

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_MOST_BYTES = 64 * 1024 * 1024


class ScriptsUnreadable(Refused):
    """The file is not a list of scripts."""


class DiagramUnreadable(Refused):
    """The file is not BPMN that can be read."""


@click.group()
def command() -> None:
    """Process diagrams: verify the engine, hunt for mistakes in it, import a file."""


@command.command()
@click.argument("scripts", type=_FILE)
@click.option("--files", type=_FOLDER, required=True, help="Folder the scripts name files in.")
@click.option("--pure", is_flag=True, help="The engine alone, without a database.")
@console.as_json
@console.offline  # the pure engine needs no database
def verify(scripts: Path, files: Path, *, pure: bool, as_json: bool) -> int:
    """Play conformance scripts through the engine, in a database made for it and dropped afterwards.

    Prints one line for every case that went otherwise, then how many passed and failed; exit status 1 when
    one failed.
    """
    if not pure:
        database.ensure()
    try:
        with nullcontext() if pure else scratch.scratch_database():
            open_machine = memory.machine if pure else conformance.machine
            outcome = runner.verify(scripts.read_bytes(), reader(files), open_machine)
    except Malformed as wrong:
        raise ScriptsUnreadable(str(wrong)) from wrong
    for line in outcome.failures:
        click.echo(line)
    keys = {"passed": outcome.passed, "failed": outcome.failed}
    console.report(keys, f"{outcome.passed} passed, {outcome.failed} failed", as_json=as_json)
    return 1 if outcome.failures else 0


@command.command()
@click.option(
    "--operations", type=console.COUNT, default=100_000, show_default=True, help="How many to try."
)
@click.option("--seed", default="1", show_default=True, help="The same seed tries the same.")
@click.option(
    "--processes",
    type=console.COUNT,
    default=2,
    show_default=True,
    help="How many hunt side by side.",
)
@click.option("--pure", is_flag=True, help="The engine alone, without a database.")
@console.as_json
@console.offline  # the pure engine needs no database
def fuzz(operations: int, seed: str, processes: int, *, pure: bool, as_json: bool) -> int:
    """Try random operations on random diagrams and hold every state against the engine's laws.

    Plays in databases made for it and dropped afterwards. Each violation is printed with the fewest operations
    that show it and its diagram; exit status 1 when there was one. How far it is is shown on stderr.
    """
    if not pure:
        database.ensure()
    told = console.progress(operations, f"seed {seed}")
    from bihuan.config import hunting  # noqa: PLC0415 - loads what makes up histories

    report = hunting.run(seed, operations, processes=processes, pure=pure, told=told)
    for number, said in enumerate(report.violations, start=1):
        click.echo(f"VIOLATION {number}: {said}")
    keys = {
        "operations": report.operations,
        "diagrams": report.diagrams,
        "violations": len(report.violations),
        "seed": seed,
        "done": dict(sorted(report.done.items())),
    }
    said = f"{report.operations} operations on {report.diagrams} diagrams, seed {seed}"
    console.report(keys, f"{said}: {len(report.violations)} violations", as_json=as_json)
    return 1 if report.violations else 0


@command.command(name="import")
@click.argument("file", type=_FILE)
@console.as_json
@console.offline
def import_(file: Path, *, as_json: bool) -> None:
    """Read a BPMN file as the importer does; report what it holds and what can not be run.

    What can not be run is listed by id and kind and keeps the file from being published; a file that is not
    BPMN, too large, too deep or with entities is refused.
    """
    try:
        document = parse.read(file.read_bytes(), frozenset(VERBS))
    except Unreadable as wrong:
        where = f"第 {wrong.problem.line} 行：" if wrong.problem.line else ""
        raise DiagramUnreadable(
            f"{where}{wrong.problem.message}。{wrong.problem.remedy}"
        ) from wrong
    left = left_to_do(document)
    keys = {**found_in(document), "left_to_do": [_told(one) for one in left]}
    console.report(keys, _described(document, left), as_json=as_json)


def found_in(document: Document) -> dict[str, object]:
    """Return what a file holds: process ids, elements by BPMN name, what can not be run, what is wrong."""
    return {
        "processes": [process.key for process in document.processes],
        "nodes": _nodes(document),
        "unsupported": [
            {"id": one.id, "kind": one.kind, **({"detail": one.detail} if one.detail else {})}
            for one in document.unsupported
        ],
        "publishable": document.publishable,
        "diagram": document.diagram,
        "problems": [_told(one) for one in document.problems],
    }


def _nodes(document: Document) -> dict[str, int]:
    return {name: document.counts[name] for name in sorted(imports.COUNTED & set(document.counts))}


def reader(folder: Path) -> Callable[[str], bytes]:
    """Return what reads files below a folder by name, and nothing outside it."""
    top = folder.resolve()

    def read(name: str) -> bytes:
        path = (top / name).resolve()
        if not path.is_relative_to(top):
            raise runner.FileRefused(f"file {name} lies outside the folder")
        if not path.is_file():
            raise runner.FileRefused(f"file {name} is not there")
        if path.stat().st_size > _MOST_BYTES:
            raise runner.FileRefused(f"file {name} is too large")
        return path.read_bytes()

    return read


def left_to_do(document: Document) -> list[Problem]:
    """Return what still forbids to publish a file of which everything could be read."""
    if not document.publishable:
        return []
    found = [publish_problems(process, Known(), document.lines) for process in document.processes]
    return [one for problems in found for one in problems if one.severity is Severity.ERROR]


def _told(one: Problem) -> dict[str, object]:
    return {"line": one.line, "element": one.element, "message": one.message}


def _described(document: Document, left: Sequence[Problem]) -> str:
    told = [f"流程：{'、'.join(process.key for process in document.processes) or '无'}"]
    told += [f"{kind}：{count}" for kind, count in _nodes(document).items()]
    found = [*document.problems, *(one.problem() for one in document.unsupported), *left]
    told += [f"第 {one.line} 行：{one.message}。{one.remedy}" for one in found]
    verdict = "读得懂，改好上面这些才能发布。" if left else "可以发布。"
    return "\n".join([*told, verdict if document.publishable else "不能发布。"])
