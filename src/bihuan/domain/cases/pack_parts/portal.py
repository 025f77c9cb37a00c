"""`portal/portal.yaml`: what the public portal offers, in the public's words.

```yaml
title: 云江服务                     # the name people know
phone: "95500"                     # who would rather talk calls this
welcome: 说清事情，留下电话，进度随时能查
org_unit: csc                      # where requests are taken in
requests:                          # first-level classes of the taxonomy that the public may choose
  - {code: fault, say: 没电、设备坏了, hint: 停电、电压不稳、电表坏了, ask: 什么时候开始的？}
words: {fault.low.single: 只有我家没电}   # other classes in the public's words; else their own names
hidden: [fault.high.user]          # not for the public, with everything below
intake: {unit: accept, fields: {contact_name: name, request_summary: text}}   # fills in a first draft
steps:                             # the units of the process as the public reads them, in order
  - {name: 已受理, doing: 正在登记, later: 受理, units: [accept, judge]}
result: reply                      # the field of a form whose text the customer may read
answer:                            # the unit a customer may answer themselves; without it they are called
  units: [verify]
  agreed: {consent: agreed, is_solved: true}
  refused: {consent: refused, is_solved: false}
  reasons: [没有解决, 解决了又出现]
  note: 返工后时间接着算
choose: {post: handler}            # the customer may name a holder of this post (CHN-06)
notices: [{title: 春节服务时间, text: 照常服务, from: 2026-02-01, until: 2026-02-28}]
faq: [{question: 多久有人联系我, answer: 一般两小时内}]
```

`fields` of `intake` take `name phone text place when`. A notice is shown from the beginning of `from` to the end of the
day before `until`.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from bihuan.domain.cases.ports import PORTAL, SAID
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.scenario import user_tasks
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource

_LONG: Final = 2000


class PortalPart:
    """The pack's public portal; see the module for the format."""

    kind, folder, suffixes = PORTAL, "portal", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: unknown classes, units, posts and org units among it."""
        top = Shape(file)
        if file.stem != "portal":
            top.report((), f"门户只有一份，文件名不能是“{file.stem}”", "请改名为 portal.yaml")
        for key in ("title", "welcome", "result"):
            top.text(key, None if key == "title" else "")
        top.text("phone", "", like=r"[0-9-]{3,20}", example="95500")
        _known(top, "org_unit", top.text("org_unit", example="csc"), set(_org_units(pack)))
        _check_classes(top, set(_classes(pack)))
        units = user_tasks(pack)
        _check_steps(top, units)
        _check_intake(top, units)
        _check_answer(top, units)
        choose = top.child("choose", required=False)
        if choose:
            _known(choose, "post", choose.text("post", example="handler"), set(_posts(pack)))
            choose.done()
        _check_reading(top)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the portal with every key filled in."""
        data = file.data
        lists = {key: data.get(key) or [] for key in ("requests", "hidden", "steps", "faq")}
        maps = {key: data.get(key) or {} for key in ("words", "intake", "answer", "choose")}
        texts = {
            key: str(data.get(key) or "")
            for key in ("title", "phone", "welcome", "org_unit", "result")
        }
        return {
            **texts,
            **lists,
            **maps,
            "notices": [_notice(n) for n in data.get("notices") or ()],
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: the portal is read from the definition."""


def _notice(one: dict[str, Any]) -> dict[str, str]:
    return {key: str(one.get(key) or "") for key in ("title", "text", "from", "until")}


def _check_classes(top: Shape, classes: set[str]) -> None:
    offered = {code for code in classes if "." not in code}
    for one in top.children("requests"):
        _known(one, "code", one.text("code", example="fault"), offered)
        one.text("say", "")
        one.text("hint", "")
        one.text("ask", "")
        one.done()
    words = top.child("words", required=False)
    for code in words.keys() if words else ():
        if words and code not in classes:
            words.report((code,), f"没有类别“{code}”", suggest(code, classes))
    for code in top.texts("hidden", ()):
        _known(top, "hidden", code, classes)


def _check_steps(top: Shape, units: set[str]) -> None:
    seen: set[str] = set()
    for one in top.children("steps"):
        one.text("name", example="受理")
        one.text("doing", "")
        one.text("later", "")
        for unit in one.texts("units"):
            _known(one, "units", unit, units)
            if unit in seen:
                one.report(("units",), f"环节“{unit}”写了两次", "一个环节只属于一步")
            seen.add(unit)
        one.done()


def _check_intake(top: Shape, units: set[str]) -> None:
    intake = top.child("intake", required=False)
    if intake is None:
        return
    _known(intake, "unit", intake.text("unit", example="accept"), units)
    fields = intake.child("fields")
    for name in fields.keys() if fields else ():
        if fields:
            fields.word(name, SAID)
    intake.done()


def _check_answer(top: Shape, units: set[str]) -> None:
    answer = top.child("answer", required=False)
    if answer is None:
        return
    for unit in answer.texts("units"):
        _known(answer, "units", unit, units)
    for key, said in (("agreed", "agreed"), ("refused", "refused")):
        values = answer.child(key)
        if values and values.anything("consent") != said:
            values.report(("consent",), f"“{key}”必须写明 consent: {said}", f"请写 consent: {said}")
    answer.texts("reasons")
    answer.text("note", "")
    answer.done()


def _check_reading(top: Shape) -> None:
    for one in top.children("notices", required=False):
        one.text("title", example="春节服务时间")
        _short(one, "text")
        for key in ("from", "until"):
            _check_day(one, key)
        one.done()
    for one in top.children("faq", required=False):
        one.text("question", example="多久有人联系我")
        _short(one, "answer")
        one.done()


def _short(one: Shape, key: str) -> None:
    if len(one.text(key, example="照常服务")) > _LONG:
        one.report((key,), f"超过 {_LONG} 字", "请写短一些")


def _check_day(one: Shape, key: str) -> None:
    text = one.text(key, "")
    try:
        date.fromisoformat(text or "2026-01-01")
    except ValueError:
        one.report((key,), f"“{text}”不是日期", "请写成例如 2026-02-01")


def _known(shape: Shape, key: str, value: str, known: set[str]) -> None:
    if value and value not in known:
        shape.report((key,), f"没有“{value}”", suggest(value, known))


def _classes(pack: PackSource) -> Iterator[str]:
    for file in pack.folder("taxonomy"):
        if isinstance(file.data, dict):
            yield from _codes(file.data.get("classes"), "")


def _codes(items: Any, above: str) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            code = f"{above}{item.get('code')}"
            yield code
            yield from _codes(item.get("children"), f"{code}.")


def _org_units(pack: PackSource) -> Iterator[str]:
    for _, file in pack.known("org"):
        if isinstance(file.data, dict):
            yield from (code.rpartition(".")[2] for code in _codes(file.data.get("units"), ""))


def _posts(pack: PackSource) -> Iterator[str]:
    for _, file in pack.known("org"):
        if isinstance(file.data, dict):
            yield from (str(post.get("code")) for post in file.data.get("posts") or ())
