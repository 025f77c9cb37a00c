"""The names a diagram of a pack may use, with the words people know them by."""

from collections.abc import Iterable
from typing import Any

from bihuan.domain.packs import queries as packs
from bihuan.domain.packs.ports import parts_in_order
from bihuan.domain.processes.pack_parts import known_names
from bihuan.engines.packs.source import PackSource

Named = list[tuple[str, str]]


def names_of(pack: PackSource) -> dict[str, Any]:
    """Return posts, forms, calendars, decision tables, processes, verbs and variables to choose from."""
    known = known_names(pack)
    return {
        "posts": posts(pack),
        "forms": _titled(pack, "forms"),
        "calendars": _titled(pack, "calendars"),
        "decisions": _titled(pack, "decisions"),
        "processes": _processes(pack),
        "verbs": sorted(known.verbs or ()),
        "variables": _variables(pack, known.variables or ()),
        "charges": _charges(pack),
        "fields": {code: _fields(file.data) for code, file in _files(pack, "forms")},
    }


def posts(pack: PackSource) -> Named:
    """Return the posts of a pack and the packs it stands on."""
    return [
        (str(post.get("code")), str(post.get("name") or post.get("code")))
        for _, file in pack.known("org")
        for post in (file.data or {}).get("posts") or []
    ]


def labels(pack: PackSource) -> dict[str, str]:
    """Return what variables, and the codes of choices, are called on forms and in tables."""
    found: dict[str, str] = {}
    for _, file in (*pack.known("forms"), *pack.known("decisions")):
        data = file.data or {}
        columns = [
            *(data.get("fields") or []),
            *(data.get("outputs") or []),
            *(data.get("inputs") or []),
        ]
        for column in columns:
            code = str(column.get("code") or column.get("field"))
            found.setdefault(code, str(column.get("label") or code))
    return found


def _files(pack: PackSource, folder: str) -> Iterable[tuple[str, Any]]:
    own = {f"{pack.key}.{file.stem}": file.stem for file in pack.folder(folder)}
    return [(own.get(key, key), file) for key, file in pack.known(folder)]


def _titled(pack: PackSource, folder: str) -> Named:
    return [
        (code, str((file.data or {}).get("title") or code)) for code, file in _files(pack, folder)
    ]


def _processes(pack: PackSource) -> Named:
    titles = {one.key: one.title for one in packs.definitions(kind="process")}
    own = {f"{pack.key}.{file.stem}": file.stem for file in pack.folder("processes")}
    return [(own.get(key, key), titles.get(key, key)) for key, _ in pack.known("processes")]


def _charges(pack: PackSource) -> Named:
    """Return the items that units may charge for, those of other packs with the pack's key before them."""
    return [
        (str(item.get("code")) if owner == pack.key else f"{owner}.{item.get('code')}",
         str(item.get("name") or item.get("code")))
        for owner, file in ((key.partition(".")[0], file) for key, file in pack.known("prices"))
        for item in (file.data or {}).get("items") or []
    ]  # fmt: skip


def _variables(pack: PackSource, known: Iterable[str]) -> Named:
    words = labels(pack)
    return sorted((code, words.get(code, code)) for code in known)


def _fields(form: Any) -> list[dict[str, Any]]:
    """Return what a form asks, as the trial needs it."""
    return [
        {
            "code": str(field.get("code")),
            "label": str(field.get("label") or field.get("code")),
            "type": str(field.get("type") or "text"),
            "required": bool(field.get("required")),
            "choices": [
                [str(code), str(text)] for code, text in (field.get("choices") or {}).items()
            ]
            if isinstance(field.get("choices"), dict)
            else [],
            "default": field.get("default"),
        }
        for field in (form or {}).get("fields") or []
    ]


def folder_of(kind: str) -> str:
    """Return the folder of a pack in which definitions of a kind lie."""
    return next(part.folder for part in parts_in_order() if part.kind == kind)
