"""`escalations/*.yaml`: ladders.

```yaml
title: 投诉升级
for: {request_type: [COMPLAINT]}          # also grade: […] and class: [complaint.service]; optional
watch: [handle, verify]                   # units whose limits are watched
levels: [一般, 较大, 重大, 特别重大]         # what level 1, 2, … is called
quiet: {from: "22:00", until: "07:00"}    # nothing rings then; pages show it all the same
steps:
  - {code: remind, used: 80%, to: [{assignee: true}]}
  - {code: lead, used: 100%, level: 2, to: [{post: team_lead, at: handling}], repeat: 30m}
  - {code: again, reworks: 2, level: 3, to: [{post: service_manager, at: accepting}]}
  - {code: grave, grade: MAJOR, level: 3, to: [{post: president_office, at: president}], urgent: true}
```

`at` is where the search for the post begins: `handling`, `responsible`, `accepting` or the code of an org
unit; it goes up the tree from there. `repeat` (with `calendar`) asks for an acknowledgement.
"""

from datetime import datetime, time
from typing import Any

from bihuan.domain.escalations import queries
from bihuan.domain.escalations.choices import Place
from bihuan.domain.escalations.ports import ESCALATION
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.scenario import user_tasks
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime import parse_limit, parse_warn

_CODE = r"[a-z][a-z0-9_]{0,59}"
_TIME = r"\d\d:\d\d"
_WHEN = ("used", "reworks", "grade")
_GRADES = ("ROUTINE", "IMPORTANT", "MAJOR")
_NARROWINGS = ("request_type", "grade", "class")
MOST_LEVELS = 9


class LadderPart:
    """The pack's ladders; see the module for the format."""

    kind, folder, suffixes = ESCALATION, "escalations", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: steps without an occasion, unknown units and posts."""
        top = Shape(file)
        top.text("title", example="投诉升级")
        _check_narrowing(top)
        _check_watch(top, user_tasks(pack))
        levels = top.texts("levels", ())
        _check_quiet(top)
        posts = _posts(pack)
        seen: set[str] = set()
        for step in top.children("steps"):
            code = _check_step(step, len(levels), posts)
            if code in seen:
                step.report(("code",), f"步骤“{code}”重复", "请换一个代码")
            seen.add(code)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the ladder with every key filled in."""
        data = file.data
        quiet = data.get("quiet") or {}
        return {
            "title": str(data["title"]),
            "for": {key: list(value) for key, value in (data.get("for") or {}).items()},
            "watch": list(data.get("watch") or ()),
            "levels": [str(name) for name in data.get("levels") or ()],
            "quiet": [quiet["from"], quiet["until"]] if quiet else [],
            "steps": [dict(step) for step in data["steps"]],
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Let this process see the new ladder at once; others do within a second."""
        queries.forget()


def _check_narrowing(top: Shape) -> None:
    narrowing = top.child("for", required=False)
    if narrowing:
        for key in _NARROWINGS:
            narrowing.texts(key, ())
        narrowing.done()


def _check_watch(top: Shape, units: set[str]) -> None:
    for unit in top.texts("watch", ()):
        if unit not in units:
            top.report(("watch",), f"流程里没有环节“{unit}”", f"请改用：{'、'.join(sorted(units))}")


def _check_quiet(top: Shape) -> None:
    quiet = top.child("quiet", required=False)
    if quiet is None:
        return
    for key in ("from", "until"):
        text = quiet.text(key, like=_TIME, example='"22:00"')
        try:
            time.fromisoformat(text or "00:00")
        except ValueError:
            quiet.report((key,), f"“{text}”不是一天里的时刻", '请写成例如 "22:00"')
    quiet.done()


def _check_step(step: Shape, levels: int, posts: set[str]) -> str:
    code = step.text("code", like=_CODE, example="lead")
    if sum(step.has(key) for key in _WHEN) != 1:
        step.report((), "每一步要写明一个时机", "请在 used、reworks、grade 中写一个")
    share = step.text("used", "")
    if share:
        _check_share(step, share)
    step.number("reworks", 0, most=99)
    step.word("grade", _GRADES, "")
    level = step.number("level", 0, most=MOST_LEVELS)
    if level > levels:
        step.report(("level",), f"没有第 {level} 级的名称", "请在 levels 里补上")
    repeat = step.text("repeat", "")
    if repeat:
        _check_repeat(step, repeat)
    step.text("calendar", "")
    step.flag("urgent")
    recipients = step.children("to")
    if not recipients:
        step.report((), "没有写明通知谁", "请补上 to: [{post: 岗位代码}]")
    for one in recipients:
        _check_recipient(one, posts)
    step.done()
    return code


def _check_share(step: Shape, share: str) -> None:
    try:
        warn = parse_warn(share)
    except ValueError:
        warn = None
    if warn is None or warn.share is None:
        step.report(("used",), f"“{share}”不是时限的比例", "请写成例如 80% 或 150%")


def _check_repeat(step: Shape, repeat: str) -> None:
    try:
        parse_limit(repeat)
    except ValueError as error:
        step.report(("repeat",), str(error), "请写成例如 30m 或 PT30M")


def _check_recipient(one: Shape, posts: set[str]) -> None:
    is_assignee = one.flag("assignee")
    post = one.text("post", "") if is_assignee else one.text("post", example="team_lead")
    one.text("at", Place.HANDLING)
    if post and post not in posts:
        one.report(("post",), f"没有岗位“{post}”", f"请改用：{'、'.join(sorted(posts))}")
    one.done()


def _posts(pack: PackSource) -> set[str]:
    files = [file.data for _, file in pack.known("org") if isinstance(file.data, dict)]
    return {
        str(post.get("code"))
        for data in files
        for post in data.get("posts") or ()
        if isinstance(post, dict)
    }
