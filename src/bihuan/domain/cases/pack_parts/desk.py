"""`desk/desk.yaml`: what the desk asks, says and never says, who is responsible, whom it can ask.

```yaml
title: 受理台
guidance:                          # of the class chosen or the nearest above it; "" is for all
  - class: fault.low
    ask: [已核对户号后四位, 已问安全：无断线、无火花, 已告知承诺时间]   # ticked one by one (CAP-04)
    say: "{name}，您反映的{title}已受理，我们会在{due}前给您答复。"
    never: [马上就好, 这不归我们管]
responsible: responsible           # decisions/responsible.yaml proposes who is responsible (TKT-15)
experts:                           # whom the desk asks when it cannot judge (TKT-13, ORG-03)
  - {code: grid, name: 用电服务专家组, post: expert, classes: [fault], limit: PT2H, calendar: base.always}
```

A decision table of responsibility takes any of `class_code class_1 class_2 request_type grade channel area product
weekday hour` and gives `org_unit` (a code, or `area`: the org unit that keeps the customer), `post`, and a `note`
that is shown as the reason. `say` may use `{name} {title} {due} {class}`.
"""

from datetime import datetime
from typing import Any, Final

from bihuan.domain.cases.ports import DESK
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime import parse_limit

_CODE: Final = r"[a-z][a-z0-9_]{0,39}"
_HOLES: Final = ("name", "title", "due", "class")
RESPONSIBLE_INPUTS: Final = frozenset({
    "class_code", "class_1", "class_2", "request_type", "grade", "channel", "area", "product",
    "weekday", "hour",
})  # fmt: skip
_OUTPUTS: Final = frozenset({"org_unit", "post", "note"})


class DeskPart:
    """The pack's desk; see the module for the format."""

    kind, folder, suffixes = DESK, "desk", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: unknown classes, posts, tables, and holes in what is said."""
        top = Shape(file)
        top.text("title", "")
        if file.stem != "desk":
            top.report((), f"受理台只有一份，文件名不能是“{file.stem}”", "请改名为 desk.yaml")
        classes = _classes(pack)
        for one in top.children("guidance", required=False):
            _check_guidance(one, classes)
        _check_responsible(top, pack)
        posts = _codes(pack, "org", "posts")
        for one in top.children("experts", required=False):
            _check_experts(one, classes, posts)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the desk with every key filled in."""
        data = file.data
        table = str(data.get("responsible") or "")
        return {
            "title": str(data.get("title") or "受理台"),
            "guidance": {
                str(one.get("class") or ""): {
                    "ask": [str(item) for item in one.get("ask") or ()],
                    "say": str(one.get("say") or ""),
                    "never": [str(item) for item in one.get("never") or ()],
                }
                for one in data.get("guidance") or ()
            },
            "responsible": f"{pack.key}.{table}" if table and "." not in table else table,
            "experts": [_experts(one, pack) for one in data.get("experts") or ()],
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: the desk is read from the definition."""


def _experts(one: dict[str, Any], pack: PackSource) -> dict[str, Any]:
    calendar = str(one.get("calendar") or "")
    return {
        "key": f"{pack.key}.{one['code']}",
        "name": str(one["name"]),
        "post": str(one["post"]),
        "classes": [str(code) for code in one.get("classes") or ()],
        "limit": str(one.get("limit") or ""),
        "calendar": f"{pack.key}.{calendar}" if calendar and "." not in calendar else calendar,
    }


def _check_guidance(one: Shape, classes: set[str]) -> None:
    code = one.text("class", "")
    _known(one, "class", code, classes)
    one.texts("ask", ())
    said = one.text("say", "")
    one.texts("never", ())
    try:
        said.format(**dict.fromkeys(_HOLES, ""))
    except (KeyError, IndexError, ValueError) as wrong:
        holes = "、".join(f"{{{name}}}" for name in _HOLES)
        one.report(("say",), f"话术里的“{wrong}”填不上", f"只能用 {holes}")
    one.done()


def _check_responsible(top: Shape, pack: PackSource) -> None:
    name = top.text("responsible", "")
    if not name:
        return
    full = name if "." in name else f"{pack.key}.{name}"
    tables = dict(pack.known("decisions"))
    if full not in tables:
        words = [key.removeprefix(f"{pack.key}.") for key in tables]
        top.report(("responsible",), f"没有决策表“{name}”", suggest(name, words))
        return
    data = tables[full].data if isinstance(tables[full].data, dict) else {}
    for side, known in (("inputs", RESPONSIBLE_INPUTS), ("outputs", _OUTPUTS)):
        for column in data.get(side) or ():
            field = str(column.get("field")) if isinstance(column, dict) else ""
            if field not in known:
                message = f"责任归属表的“{field}”无处取值或无处可用"
                top.report(("responsible",), message, suggest(field, known))


def _check_experts(one: Shape, classes: set[str], posts: set[str]) -> None:
    one.text("code", like=_CODE, example="grid")
    one.text("name", example="用电服务专家组")
    _known(one, "post", one.text("post", example="expert"), posts)
    for code in one.texts("classes", ()):
        _known(one, "classes", code, classes)
    limit = one.text("limit", "")
    one.text("calendar", "")
    try:
        parse_limit(limit or "1h")
    except ValueError as error:
        one.report(("limit",), str(error), "请写成例如 PT2H 或 1wd")
    one.done()


def _known(shape: Shape, key: str, value: str, known: set[str]) -> None:
    if value and value not in known:
        shape.report((key,), f"没有“{value}”", suggest(value, known))


def _classes(pack: PackSource) -> set[str]:
    found: set[str] = set()
    for _key, file in pack.known("taxonomy"):
        found |= set(_below(file.data.get("classes") if isinstance(file.data, dict) else None, ""))
    return found


def _below(items: Any, prefix: str) -> list[str]:
    found: list[str] = []
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("code"):
            code = f"{prefix}{item['code']}"
            found += [code, *_below(item.get("children"), f"{code}.")]
    return found


def _codes(pack: PackSource, folder: str, name: str) -> set[str]:
    return {
        str(item.get("code"))
        for _key, file in pack.known(folder)
        for item in (file.data.get(name) or () if isinstance(file.data, dict) else ())
        if isinstance(item, dict)
    }
