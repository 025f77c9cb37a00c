"""Bring the table of classes in line with a pack, or with the names an import brings along."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from bihuan.domain.cases.choices import Grade, RequestType
from bihuan.domain.cases.models import CaseClass
from bihuan.domain.cases.ports import UNCLASSIFIED

_IMPORTED = "import"


@transaction.atomic
def put_classes(*, pack: str, origin: str, classes: Sequence[Mapping[str, Any]]) -> None:
    """Make the classes of `origin` exactly these; the rest of `origin` is no longer offered.

    Parents come before their children. The pack always has a class `unclassified`, for what nobody
    has judged yet.
    """
    known = {one.code: one for one in CaseClass.objects.filter(pack=pack)}
    for position, values in enumerate(classes):
        _put(pack, origin, values, position, known)
    if classes and UNCLASSIFIED not in known:
        _put(pack, origin, _unclassified(classes[0]), len(classes), known)
    codes = [values["code"] for values in classes] + [UNCLASSIFIED]
    CaseClass.objects.filter(pack=pack, origin=origin).exclude(code__in=codes).update(
        is_offered=False
    )


@transaction.atomic
def ensure_imported_classes(*, pack: str, paths: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return the code of each path of names (`城乡建设`, `安全生产`), made when it is not there.

    The key of the result is the path joined by `/`. A class made here takes everything else from the
    pack's `unclassified` class.
    """
    known = {one.code: one for one in CaseClass.objects.filter(pack=pack)}
    by_name = {_name_path(one, known): code for code, one in known.items()}
    model = known[UNCLASSIFIED]
    found: dict[str, str] = {}
    for path in sorted({tuple(path) for path in paths}):
        for depth in range(1, len(path) + 1):
            names = "/".join(path[:depth])
            if names not in by_name:
                above = by_name.get("/".join(path[: depth - 1]), "")
                values = _like(model, above, path[depth - 1], depth)
                _put(pack, _IMPORTED, values, len(known), known)
                by_name[names] = values["code"]
        found["/".join(path)] = by_name["/".join(path)]
    return found


def _put(
    pack: str,
    origin: str,
    values: Mapping[str, Any],
    position: int,
    known: dict[str, CaseClass],
) -> None:
    parent = known.get(values["parent"]) if values["parent"] else None
    known[values["code"]], _made = CaseClass.objects.update_or_create(
        pack=pack,
        code=values["code"],
        defaults={
            "name": values["name"],
            "parent": parent,
            "level": values["level"],
            "request_type": values["request_type"],
            "grade": values["grade"],
            "grading": values["grading"],
            "process_key": values["process"],
            "limit": values["limit"],
            "calendar": values["calendar"],
            "burst": values.get("burst", ""),
            "origin": origin,
            "position": position,
            "is_offered": True,
        },
    )


def _unclassified(first: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **first,
        "code": UNCLASSIFIED,
        "name": "未分类",
        "parent": "",
        "level": 1,
        "request_type": RequestType.GENERAL,
        "grade": Grade.ROUTINE,
        "limit": "",
    }


def _like(model: CaseClass, above: str, name: str, depth: int) -> dict[str, Any]:
    short = f"n{hashlib.sha256(name.encode()).hexdigest()[:10]}"
    return {
        "code": f"{above}.{short}" if above else short,
        "name": name,
        "parent": above,
        "level": depth,
        "request_type": model.request_type,
        "grade": model.grade,
        "grading": model.grading,
        "process": model.process_key,
        "limit": model.limit,
        "calendar": model.calendar,
    }


def _name_path(one: CaseClass, known: Mapping[str, CaseClass]) -> str:
    parts = one.code.split(".")
    above = [known[".".join(parts[:depth])].name for depth in range(1, len(parts))]
    return "/".join([*above, one.name])
