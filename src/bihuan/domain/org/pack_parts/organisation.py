"""`org/*.yaml`: roles, posts, units and demonstration staff.

```yaml
title: 热线机构
roles:
  - {code: agent, name: 受理, verbs: [case.open, case.view]}
posts:
  - {code: intake, name: 受理员, role: agent}
units:
  - code: csc
    name: 客户服务中心
    children: [{code: csc-north, name: 北区}]
staff:
  - {login: linxiao, name: 林晓, password: bihuan-demo, holds: [{post: intake, unit: csc}]}
```

Roles and posts belong to the pack: each version sets them. Units are only added: whoever runs the
organisation may rename and move them afterwards. Staff are made by `bihuan demo` alone: installing a
pack never opens an account whose password the whole world can read.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.actions import setup
from bihuan.domain.org.choices import VERBS
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource

_CODE = r"[a-z][a-z0-9_-]{0,62}"
_LISTS = ("roles", "posts", "units", "staff")
BY = Actor("system:packs")


class OrgPart:
    """The pack's roles, posts and units; see the module for the format."""

    kind, folder, suffixes = setup.ORG, "org", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong, references to what no org file of the pack defines included."""
        top = Shape(file)
        top.text("title", "")
        known = {name: _codes(pack, name) for name in _LISTS}
        for role in top.children("roles", required=False):
            _check_role(role)
        for post in top.children("posts", required=False):
            _coded(post)
            _check_reference(post, "role", known["roles"])
            post.done()
        for unit in top.children("units", required=False):
            _check_unit(unit)
        for person in top.children("staff", required=False):
            _check_person(person, known)
        _check_repeats(file, pack, top)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the lists, units flat and parents first.

        Posts may name roles, and staff posts and units, of other files: a file with such references
        carries along what the others define, so that files may be installed in any order.
        """
        data = file.data if isinstance(file.data, dict) else {}
        files = [file]
        if data.get("posts") or data.get("staff"):
            files = [file, *(other for other in pack.folder(self.folder) if other != file)]
        compiled: dict[str, Any] = {"title": str(data.get("title") or file.stem)}
        for name in _LISTS[:2]:
            compiled[name] = [item for one in files for item in _items(one, name)]
        compiled["units"] = [unit for one in files for unit in _flat(_items(one, "units"), None)]
        compiled["staff"] = _items(file, "staff")
        return compiled

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Set roles and posts, add the units that are missing."""
        setup.put_org(compiled=definition.compiled, by=BY, at=at)


def _check_role(shape: Shape) -> None:
    _coded(shape)
    for index, verb in enumerate(shape.texts("verbs")):
        if verb not in VERBS:
            shape.report(("verbs", index), f"没有权限“{verb}”", suggest(verb, VERBS))
    shape.done()


def _check_unit(shape: Shape) -> None:
    _coded(shape)
    for child in shape.children("children", required=False):
        _check_unit(child)
    shape.done()


def _check_person(shape: Shape, known: dict[str, list[str]]) -> None:
    shape.text("login", like=r"[a-z0-9][a-z0-9._-]{0,62}", example="linxiao")
    shape.text("name", example="林晓")
    for optional in ("staff_no", "phone", "password"):
        shape.text(optional, "")
    for held in shape.children("holds", required=False):
        _check_reference(held, "post", known["posts"])
        _check_reference(held, "unit", known["units"])
        held.done()
    shape.done()


def _coded(shape: Shape) -> None:
    shape.text("code", like=_CODE, example="intake")
    shape.text("name", example="受理员")


def _check_reference(shape: Shape, key: str, known: list[str]) -> None:
    code = shape.text(key)
    if code and code not in known:
        title = {"role": "角色", "post": "岗位", "unit": "机构"}[key]
        shape.report((key,), f"没有{title}“{code}”", suggest(code, known))


def _check_repeats(file: PackFile, pack: PackSource, top: Shape) -> None:
    for name in _LISTS:
        everywhere = _codes(pack, name)
        for code in sorted(set(_codes_of(file, name))):
            if everywhere.count(code) > 1:
                top.report((name,), f"代码“{code}”在行业包里出现了多次", "请只留一处")


def unit_codes(pack: PackSource) -> list[str]:
    """Return the codes of all org units that a pack defines."""
    return _codes(pack, "units")


def _codes(pack: PackSource, name: str) -> list[str]:
    return [code for _key, file in pack.known("org") for code in _codes_of(file, name)]


def _codes_of(file: PackFile, name: str) -> list[str]:
    items = _flat(_items(file, name), None) if name == "units" else _items(file, name)
    return [str(item.get("login" if name == "staff" else "code")) for item in items]


def _items(file: PackFile, name: str) -> list[dict[str, Any]]:
    found = file.data.get(name) if isinstance(file.data, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _flat(items: list[dict[str, Any]], parent: str | None) -> Iterator[dict[str, Any]]:
    for item in items:
        yield {"code": item.get("code"), "name": item.get("name"), "parent": parent}
        children = item.get("children")
        if isinstance(children, list):
            yield from _flat([c for c in children if isinstance(c, dict)], item.get("code"))
