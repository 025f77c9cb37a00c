"""Where files may lie, which pack comes first, and whether all it stands on is there."""

import re
from collections.abc import Iterable, Mapping

from bihuan.engines.packs.manifest import MANIFEST
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.source import PackFile, PackSource

_STEM = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*")


def placing_problem(file: PackFile, suffixes: Mapping[str, tuple[str, ...]]) -> Problem | None:
    """Return what is wrong with where a file lies or how it is named. `suffixes` are by folder."""
    allowed = suffixes.get(file.folder)
    if allowed is None:
        message = f"不认识文件夹“{file.folder}”"
        return Problem(file.path, 1, message, suggest(file.folder, suffixes))
    if file.suffix not in allowed:
        message = f"“{file.folder}”里不能放 {file.suffix} 文件"
        return Problem(file.path, 1, message, f"请改用 {'、'.join(allowed)}")
    if not _STEM.fullmatch(file.stem):
        remedy = "请只用小写英文、数字、- 和 _，例如 accept.yaml"
        return Problem(file.path, 1, f"文件名“{file.stem}”不能作编码", remedy)
    return None


def requirement_problems(source: PackSource, beside: Mapping[str, PackSource]) -> list[Problem]:
    """Return what is missing, too old or circular among the packs a pack stands on."""
    problems: list[Problem] = []
    for need in source.manifest.requires:
        found = beside.get(need.key)
        line = source.manifest.line("requires")
        if found is None:
            message = f"依赖的行业包“{need.key}”没有安装"
            remedy = "请先安装它，或把它的文件夹放在这个包旁边"
            problems.append(Problem(MANIFEST, line, message, remedy))
        elif not need.met_by(found.manifest.version):
            message = f"依赖“{need}”，而现有版本是 {found.manifest.version}"
            problems.append(Problem(MANIFEST, line, message, "请先安装较新的版本"))
    cycle = _cycle(source, beside)
    if cycle:
        line = source.manifest.line("requires")
        message = f"依赖成环：{' → '.join(cycle)}"
        problems.append(Problem(MANIFEST, line, message, "请从其中一个包的 requires 里去掉一项"))
    return problems


def _cycle(
    source: PackSource, beside: Mapping[str, PackSource], path: tuple[str, ...] = ()
) -> tuple[str, ...]:
    if source.key in path:
        return (*path[path.index(source.key) :], source.key)
    for need in source.manifest.requires:
        below = beside.get(need.key)
        found = _cycle(below, beside, (*path, source.key)) if below else ()
        if found:
            return found
    return ()


def standing(source: PackSource, beside: Mapping[str, PackSource]) -> PackSource:
    """Return a pack with all it stands on at hand; call only without requirement problems."""
    return source.standing_on(
        tuple(standing(beside[need.key], beside) for need in source.manifest.requires)
    )


def in_order(sources: Iterable[PackSource]) -> list[PackSource]:
    """Return packs so that each comes after those it stands on; a cycle keeps its given order."""
    waiting = {source.key: source for source in sources}
    ordered: list[PackSource] = []

    def place(source: PackSource, above: frozenset[str]) -> None:
        for need in source.manifest.requires:
            if need.key in waiting and need.key not in above:
                place(waiting[need.key], above | {source.key})
        if source not in ordered:
            ordered.append(source)

    for source in waiting.values():
        place(source, frozenset())
    return ordered
