"""What the public portal of a pack offers, in the public's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from bihuan.domain.cases.ports import PORTAL
from bihuan.domain.cases.queries.promises import due
from bihuan.domain.cases.queries.taxonomy import class_named, classes
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.kit.problems import NotFound


class PortalMissing(NotFound):
    """The pack has no public portal."""

    message = "没有这个服务窗口。"


@dataclass(frozen=True, slots=True)
class PublicClass:
    """A class the public may choose: `say` are the public's words, `ask` what to tell about it."""

    code: str
    say: str
    parent: str
    level: int
    hint: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class PortalStep:
    """Units of the process that the public reads as one step: when it is done, under way, and still to come."""

    name: str
    doing: str
    later: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answering:
    """How a customer may answer by themselves: the units, and what their form says besides the answer."""

    units: tuple[str, ...] = ()
    agreed: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something everybody should know while it lasts."""

    title: str
    text: str
    begins: date | None
    ends: date | None

    def is_shown(self, day: date) -> bool:
        """Tell whether it is to be read on a day."""
        return (self.begins is None or self.begins <= day) and (
            self.ends is None or day < self.ends
        )


@dataclass(frozen=True, slots=True)
class Portal:
    """A pack's portal as it is in force. `first` maps fields of the first unit's form to what people said."""

    pack: str
    title: str
    phone: str
    welcome: str
    org_unit: str
    offered: tuple[Mapping[str, str], ...]
    words: Mapping[str, str]
    hidden: frozenset[str]
    steps: tuple[PortalStep, ...]
    result: str
    answering: Answering
    first_unit: str
    first: Mapping[str, str]
    chosen_post: str
    notices: tuple[Notice, ...]
    faq: tuple[Mapping[str, str], ...]

    def notices_at(self, at: datetime) -> list[Notice]:
        """Return the notices of the day people at our place count."""
        day = timezone.localtime(at).date()
        return [one for one in self.notices if one.is_shown(day)]

    def say(self, code: str, name: str) -> str:
        """Return a class in the public's words."""
        own = next((one["say"] for one in self.offered if one["code"] == code and one["say"]), "")
        return own or self.words.get(code, name)


def portals() -> list[Portal]:
    """Return every pack's portal, in the order of the packs' keys."""
    return [portal(one.key.rpartition(".")[0]) for one in packs.definitions(kind=PORTAL)]


def portal(pack: str) -> Portal:
    """Return a pack's portal, or refuse with `PortalMissing`."""
    try:
        found = packs.published(PORTAL, f"{pack}.portal").compiled
    except packs.DefinitionMissing:
        raise PortalMissing from None
    return Portal(
        pack=pack,
        **{key: found[key] for key in ("title", "phone", "welcome", "org_unit", "words", "result")},
        offered=tuple(_offered(one) for one in found["requests"]),
        hidden=frozenset(found["hidden"]),
        steps=tuple(_step(one) for one in found["steps"]),
        answering=_answering(found["answer"]),
        first_unit=str(found["intake"].get("unit", "")),
        first=found["intake"].get("fields", {}),
        chosen_post=str(found["choose"].get("post", "")),
        notices=tuple(_notice(one) for one in found["notices"]),
        faq=tuple(found["faq"]),
    )


def public_classes(portal: Portal) -> list[PublicClass]:
    """Return the classes the public may choose, parents before children; the first level as the portal lists it."""
    tops = {one["code"]: one for one in portal.offered}
    order = {code: position for position, code in enumerate(tops)}
    found = []
    for node in classes(portal.pack):
        top = tops.get(node.code.partition(".")[0])
        if top is None or _is_hidden(portal, node.code):
            continue
        own = top if node.level == 1 else {}
        say = portal.say(node.code, node.name)
        hint, ask = own.get("hint", ""), top.get("ask", "")
        found.append(PublicClass(node.code, say, node.parent_code, node.level, hint, ask))
    return sorted(found, key=lambda one: order[one.code.partition(".")[0]])


def promised(portal: Portal, code: str, *, at: datetime) -> datetime | None:
    """Return by when a request of a class sent at `at` is promised to be settled; None promises nothing."""
    cls = class_named(portal.pack, code)
    return due(cls.limit, cls.calendar, at)


def people_to_choose(portal: Portal, *, at: datetime) -> Sequence[tuple[int, str]]:
    """Return the staff one may ask for, by name; nobody where the pack does not allow it (CHN-06)."""
    if not portal.chosen_post:
        return []
    unit_ids = org.tree().under(org.unit_by_code(portal.org_unit).id)
    holders = org.staff_holding(portal.chosen_post, unit_ids, at)
    return [(one.id, one.name) for one in holders if not one.is_away]


def _is_hidden(portal: Portal, code: str) -> bool:
    parts = code.split(".")
    return any(".".join(parts[: n + 1]) in portal.hidden for n in range(len(parts)))


def _step(one: Mapping[str, Any]) -> PortalStep:
    name = one["name"]
    doing, later = one.get("doing") or name, one.get("later") or name
    return PortalStep(name, doing, later, tuple(one["units"]))


def _offered(one: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(one.get(key) or "") for key in ("code", "say", "hint", "ask")}


def _answering(found: Mapping[str, Any]) -> Answering:
    if not found:
        return Answering()
    return Answering(
        units=tuple(found["units"]),
        agreed=found["agreed"],
        refused=found["refused"],
        reasons=tuple(found["reasons"]),
        note=str(found.get("note") or ""),
    )


def _notice(one: Mapping[str, str]) -> Notice:
    days = [date.fromisoformat(one[key]) if one[key] else None for key in ("from", "until")]
    return Notice(one["title"], one["text"], *days)
