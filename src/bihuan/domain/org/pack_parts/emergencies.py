"""`plans/*.yaml`: contingency plans. `contacts/*.yaml`: whom to call (OUT-05, OUT-07, OUT-08).

```yaml
title: 大面积停电应急预案
when: 一条 10 kV 线路停电超过 30 分钟，或半小时内同一区域来电超过 20 件
tell: [service_manager, president_office]     # posts whose holders are told at once
steps:
  - {text: 报总值班员和公司值班领导, who: 值班长, within: PT10M}
  - {text: 挂出停电公告和语音导航, who: 值班员, within: PT15M}
```

```yaml
title: 紧急联系清单
contacts:
  - {name: 消防, phone: "119"}
  - {name: 供水抢修, phone: "96390", note: 24 小时}
```

`within` is a limit of elapsed time, counted from the start of the plan.
"""

from datetime import datetime
from typing import Any

from bihuan.domain.org.queries.plans import CONTACT, PLAN
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime import LimitUnreadable, parse_limit


class PlanPart:
    """The pack's contingency plans; see the module for the format."""

    kind, folder, suffixes = PLAN, "plans", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: no steps, unknown posts, limits that cannot be read."""
        top = Shape(file)
        top.text("title", example="大面积停电应急预案")
        top.text("when", example="一条线路停电超过 30 分钟")
        posts = _posts(pack)
        for number, post in enumerate(top.texts("tell", ())):
            if post not in posts:
                top.report(("tell", number), f"没有岗位“{post}”", suggest(post, posts))
        steps = top.children("steps")
        if not steps:
            top.report(("steps",), "预案没有步骤", "请至少写一步")
        for step in steps:
            step.text("text", example="报总值班员和公司值班领导")
            step.text("who", "")
            _check_within(step, step.text("within", ""))
            step.done()
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the plan with every key filled in."""
        data = file.data
        steps = [
            {key: str(step.get(key) or "") for key in ("text", "who", "within")}
            for step in data["steps"]
        ]
        tell = [str(post) for post in data.get("tell") or ()]
        return {
            "title": str(data["title"]),
            "when": str(data["when"]),
            "tell": tell,
            "steps": steps,
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to put to work: a plan is read when it is started."""


class ContactPart:
    """The pack's emergency contacts; see the module for the format."""

    kind, folder, suffixes = CONTACT, "contacts", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: nobody to call, numbers with letters."""
        top = Shape(file)
        top.text("title", example="紧急联系清单")
        contacts = top.children("contacts")
        if not contacts:
            top.report(("contacts",), "清单里没有联系人", "请至少写一个")
        for one in contacts:
            one.text("name", example="消防")
            one.text("phone", like=r"[0-9][0-9 -]{1,23}", example="119")
            one.text("note", "")
            one.done()
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the list with every key filled in."""
        contacts = [
            {key: str(one.get(key) or "") for key in ("name", "phone", "note")}
            for one in file.data["contacts"]
        ]
        return {"title": str(file.data["title"]), "contacts": contacts}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to put to work: the list is read when it is shown."""


def _check_within(step: Shape, within: str) -> None:
    if not within:
        return
    try:
        is_elapsed = parse_limit(within).elapsed
    except LimitUnreadable:
        is_elapsed = False
    if not is_elapsed:
        step.report(("within",), f"“{within}”不是自然时的时限", "请写成例如 PT10M 或 PT2H")


def _posts(pack: PackSource) -> list[str]:
    files = [file.data for _, file in pack.known("org") if isinstance(file.data, dict)]
    return [
        str(post.get("code"))
        for data in files
        for post in data.get("posts") or ()
        if isinstance(post, dict)
    ]
