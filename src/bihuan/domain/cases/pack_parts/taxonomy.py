"""`taxonomy/*.yaml`: the classes cases fall into, three levels deep.

```yaml
title: 热线业务分类
classes:
  - code: complaint          # lower-case ASCII; the full code joins the levels: complaint.service
    name: 投诉
    request_type: COMPLAINT  # CHN-09; needed at the first level
    process: handling        # processes/handling.bpmn of this pack, or a full key of a required one
    grade: ROUTINE           # ROUTINE, IMPORTANT or MAJOR
    grading: grade           # decisions/grade.yaml decides the grade from importance, urgency, scope
    limit: 3wd               # what the customer is promised; with `calendar`
    calendar: service
    burst: 5 in PT2H         # so many in one org unit within so long are reported upwards (TKT-19)
    children:
      - {code: service, name: 服务态度, limit: 24h}
```

What a class leaves out, its parent decides. A class that disappears from the file is no longer
offered; cases keep it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from bihuan.domain.cases.actions import taxonomy
from bihuan.domain.cases.actions.bursts import PATTERN
from bihuan.domain.cases.choices import Grade, RequestType
from bihuan.domain.cases.ports import TAXONOMY
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime import parse_limit

DEEPEST_LEVEL = 3
_CODE = r"[a-z][a-z0-9_]{0,39}"
_REFERENCES = {"process": "processes", "grading": "decisions", "calendar": "calendars"}


class TaxonomyPart:
    """The pack's classes; see the module for the format."""

    kind, folder, suffixes = TAXONOMY, "taxonomy", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong with the classes, and references to what the pack does not have."""
        top = Shape(file)
        top.text("title", "")
        for shape in top.children("classes"):
            _check_class(shape, pack, 1)
        _check_codes(top)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the classes as a flat list, parents first, with inherited values filled in."""
        classes = list(_flat(file.data["classes"], {}, pack))
        return {"title": str(file.data.get("title") or file.stem), "classes": classes}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Bring the table of classes in line with the file."""
        taxonomy.put_classes(
            pack=definition.pack_key,
            origin=definition.key,
            classes=definition.compiled["classes"],
        )


def _check_class(shape: Shape, pack: PackSource, level: int) -> None:
    shape.text("code", like=_CODE, example="complaint")
    shape.text("name", example="投诉")
    shape.word("request_type", RequestType.values, None if level == 1 else "")
    shape.word("grade", Grade.values, "")
    for key, folder in _REFERENCES.items():
        required = key == "process" and level == 1
        _check_reference(shape, key, pack, folder, default=None if required else "")
    burst = shape.text("burst", "")
    if burst and not PATTERN.fullmatch(burst):
        shape.report(("burst",), f"“{burst}”写法不对", "请写成例如 5 in PT2H")
    elif burst:
        _try(shape, "burst", lambda: parse_limit(burst.split()[-1]))
    limit = shape.text("limit", "")
    if limit:
        _try(shape, "limit", lambda: parse_limit(limit))
    children = shape.children("children", required=False)
    if children and level == DEEPEST_LEVEL:
        shape.report(("children",), "分类最多三级", "请把这一级并入上一级")
        return
    for child in children:
        _check_class(child, pack, level + 1)
    shape.done()


def _check_reference(
    shape: Shape, key: str, pack: PackSource, folder: str, *, default: str | None
) -> None:
    name = shape.text(key, default)
    known = dict(pack.known(folder))
    if name and _full(name, pack) not in known:
        words = [word.removeprefix(f"{pack.key}.") for word in known]
        shape.report((key,), f"没有{folder}“{name}”", suggest(name, words))


def _try(shape: Shape, key: str, read: Callable[[], object]) -> None:
    try:
        read()
    except ValueError as error:
        shape.report((key,), str(error), "请写成例如 30m、2h、1wd、1wd4h 或 P7D")


def _check_codes(top: Shape) -> None:
    seen: set[str] = set()
    for code, shape in _codes(top.children("classes"), ""):
        if code in seen:
            shape.report(("code",), f"类别代码“{code}”重复", "同一上级下的代码不能相同")
        seen.add(code)


def _codes(shapes: list[Shape], prefix: str) -> Iterator[tuple[str, Shape]]:
    for shape in shapes:
        code = f"{prefix}{shape.anything('code')}"
        yield code, shape
        if shape.has("children"):
            yield from _codes(shape.children("children"), f"{code}.")


def _flat(
    items: list[dict[str, Any]], parent: dict[str, Any], pack: PackSource
) -> Iterator[dict[str, Any]]:
    for item in items:
        one = _inherited(item, parent, pack)
        yield one
        yield from _flat(item.get("children") or [], one, pack)


def _inherited(item: dict[str, Any], parent: dict[str, Any], pack: PackSource) -> dict[str, Any]:
    above = parent.get("code", "")
    own = {
        key: str(item[key]) for key in ("request_type", "grade", "limit", "burst") if item.get(key)
    }
    own |= {key: _full(str(item[key]), pack) for key in _REFERENCES if item.get(key)}
    return {
        "grade": Grade.ROUTINE.value,
        "limit": "",
        "grading": "",
        "calendar": "",
        "burst": "",
        **parent,
        **own,
        "code": f"{above}.{item['code']}" if above else str(item["code"]),
        "name": str(item["name"]),
        "parent": above,
        "level": parent.get("level", 0) + 1,
    }


def _full(name: str, pack: PackSource) -> str:
    return name if "." in name else f"{pack.key}.{name}"
