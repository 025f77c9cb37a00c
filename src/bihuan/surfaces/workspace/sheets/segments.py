"""A segment's condition as a form: groups of tests, all or any of each, all or any of the groups.

The form shows two levels, which says everything with AND, OR and NOT; a deeper condition kept by another way is shown
in words and not offered for editing.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.http import QueryDict

from bihuan.domain.customers.queries import segments as queries
from bihuan.domain.customers.queries.segments import Member, SegmentRow
from bihuan.engines.segments import MOST_TESTS, OPERATORS, Field
from bihuan.engines.segments.conditions import WITHOUT_VALUE
from bihuan.surfaces.workspace.sheets import words

MOST_GROUPS: Final = 6
_TEST: Final = re.compile(r"test\.(\d{1,2})\.(\d{1,2})\.is")
JOINS: Final = (("all", "全部满足"), ("any", "满足任一"), ("none", "都不满足"))
EMPTY: Final[Mapping[str, str]] = {"is": "", "op": "", "value": ""}
Group = dict[str, Any]


def typed(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed: how groups are joined, and each group's join and tests."""
    groups: dict[int, dict[int, dict[str, str]]] = {}
    for name in posted:
        if found := _TEST.fullmatch(name):
            group, nth = map(int, found.groups())
            at = f"test.{group}.{nth}"
            one = {key: posted.get(f"{at}.{key}", "")[:100] for key in EMPTY}
            groups.setdefault(group, {})[nth] = one
    return {
        "join": "any" if posted.get("join") == "any" else "all",
        "groups": [
            {
                "join": _join(posted.get(f"group.{n}.join", "")),
                "tests": [tests[m] for m in sorted(tests)],
            }
            for n, tests in sorted(groups.items())
        ]
        or [new_group()],
    }


def _join(text: str) -> str:
    return text if text in dict(JOINS) else "all"


def new_group() -> Group:
    """Return a group with one test that is not chosen yet."""
    return {"join": "all", "tests": [dict(EMPTY)]}


def changed(form: dict[str, Any], do: str) -> dict[str, Any]:
    """Return the form after a button: `group`, `test.0`, `drop.0.1`."""
    verb, *at = do.split(".")
    places = [int(one) for one in at if one.isdecimal()]
    groups: list[Group] = form["groups"]
    if verb == "group" and len(groups) < MOST_GROUPS:
        groups.append(new_group())
    elif verb == "test" and len(places) == 1 and places[0] < len(groups):
        if sum(len(group["tests"]) for group in groups) < MOST_TESTS:
            groups[places[0]]["tests"].append(dict(EMPTY))
    elif verb == "drop" and len(places) == 2 and places[0] < len(groups):
        _drop(groups, *places)
    return form


def _drop(groups: list[Group], group: int, nth: int) -> None:
    tests = groups[group]["tests"]
    if nth < len(tests):
        del tests[nth]
    if not tests:
        del groups[group]
    if not groups:
        groups.append(new_group())


def condition_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition of a form; tests whose field is not chosen are left out."""
    groups = [_group(group) for group in form["groups"]]
    return {form["join"]: [one for one in groups if one]}


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    tests = [_plain(test) for test in group["tests"] if test["is"]]
    if not tests:
        return {}
    if group["join"] == "none":
        return {"not": {"any": tests}}
    return {group["join"]: tests}


def _plain(test: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in test.items()
        if key != "value" or test["op"] not in WITHOUT_VALUE
    }


def form_of(condition: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a kept condition as a form; None where it is deeper than the form shows."""
    for join in ("all", "any"):
        if set(condition) == {join}:
            groups = [_form_group(one) for one in condition[join]]
            if all(groups):
                return {"join": join, "groups": groups}
    group = _form_group(condition)
    return {"join": "all", "groups": [group]} if group else None


def _form_group(said: Mapping[str, Any]) -> Group | None:
    if set(said) == {"not"}:
        inner = _form_group(said["not"])
        return {**inner, "join": "none"} if inner and inner["join"] == "any" else None
    if "is" in said:
        return {"join": "all", "tests": [{**EMPTY, **said}]}
    join = next(iter(said))
    tests = said[join]
    flat = join in {"all", "any"} and all("is" in one for one in tests)
    return {"join": join, "tests": [{**EMPTY, **one} for one in tests]} if flat else None


def form_sheet(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form with what each field takes."""
    known = queries.fields()
    return {
        "join": form["join"],
        "joins": JOINS,
        "fields": [(key, field.title) for key, field in known.items()],
        "groups": [
            {
                "join": group["join"],
                "tests": [_test(test, known.get(test["is"])) for test in group["tests"]],
            }
            for group in form["groups"]
        ],
        "full": len(form["groups"]) >= MOST_GROUPS,
    }


def _test(test: Mapping[str, str], field: Field | None) -> dict[str, Any]:
    if field is None:
        return {**EMPTY, "ops": (), "choices": (), "kind": "", "unit": ""}
    ops = OPERATORS[field.type]
    op = test["op"] if test["op"] in ops else next(iter(ops))
    kind = "date" if field.type == "DAY" and op in {"since", "until"} else "text"
    return {
        "is": field.key,
        "op": op,
        "value": test["value"],
        "ops": ops.items(),
        "choices": field.choices,
        "kind": "" if op in WITHOUT_VALUE else kind,
        "unit": "天" if op in {"within", "older"} else field.unit,
    }


def segment_line(row: SegmentRow, names: Mapping[str, str], staff_id: int) -> dict[str, Any]:
    """Return one segment of the list."""
    return {
        "id": row.id,
        "title": row.title,
        "told": row.told or "条件用到的资料已不存在",
        "count": row.count,
        "counted_at": row.counted_at,
        "owner": "我" if row.owner_id == staff_id else names.get(f"staff:{row.owner_id}", ""),
        "is_shared": row.is_shared,
        "is_mine": row.owner_id == staff_id,
    }


def member_line(one: Member) -> dict[str, Any]:
    """Return one customer of a segment."""
    return {"id": one.id, "name": one.name, "kind": one.kind, "tier": words.TIERS.get(one.tier, "")}
