"""What is wrong with a pack, and what is worth a look."""

from collections.abc import Mapping

from bihuan.domain.packs import queries, rules
from bihuan.domain.packs.ports import parts_in_order
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.source import PackSource


def check_pack(
    source: PackSource, *, beside: Mapping[str, PackSource] | None = None
) -> list[Problem]:
    """Return every problem of a pack. `beside` are the packs it may stand on; default: installed ones."""
    return [one for one in _findings(source, beside) if not one.is_warning]


def pack_warnings(
    source: PackSource, *, beside: Mapping[str, PackSource] | None = None
) -> list[Problem]:
    """Return what is worth a look in a pack and keeps nobody from installing it."""
    return [one for one in _findings(source, beside) if one.is_warning]


def installed_around(source: PackSource) -> dict[str, PackSource]:
    """Return the installed packs by key, with this one in place of itself."""
    others = (pack.key for pack in queries.installed_packs() if pack.key != source.key)
    around = {key: queries.source_of(key) for key in others}
    around[source.key] = source
    return around


def placing_problems(pack: PackSource) -> list[Problem]:
    """Return the files that lie or are named where they may not."""
    suffixes = {part.folder: part.suffixes for part in parts_in_order()}
    taken: dict[tuple[str, str], str] = {}
    problems = []
    for file in pack.files:
        wrong = rules.placing_problem(file, suffixes)
        other = taken.setdefault((file.folder, file.stem), file.path)
        if other != file.path:
            wrong = Problem(file.path, 1, f"与 {other} 同名", "请给其中一个文件换一个名字")
        if wrong:
            problems.append(wrong)
    return problems


def _findings(source: PackSource, beside: Mapping[str, PackSource] | None) -> list[Problem]:
    around = installed_around(source) if beside is None else beside
    problems = rules.requirement_problems(source, around)
    if problems:
        return problems
    pack = rules.standing(source, around)
    return sorted([*placing_problems(pack), *_part_problems(pack)])


def _part_problems(pack: PackSource) -> list[Problem]:
    return [
        problem
        for part in parts_in_order()
        for file in pack.folder(part.folder)
        if file.suffix in part.suffixes
        for problem in part.check(file, pack)
    ]
