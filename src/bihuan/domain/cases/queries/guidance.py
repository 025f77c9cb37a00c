"""What a pack's desk gives whoever takes a request in: what to ask, say and never say (CAP-04)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bihuan.domain.cases.ports import DESK
from bihuan.domain.packs import queries as packs


@dataclass(frozen=True, slots=True)
class Guidance:
    """For one class: what to ask, what to say (with holes `{name} {title} {due} {class}`), what never."""

    ask: tuple[str, ...] = ()
    say: str = ""
    never: tuple[str, ...] = ()


NOTHING = Guidance()


def desk_of_pack(pack: str) -> Mapping[str, Any]:
    """Return a pack's desk as compiled; empty when the pack has none."""
    found = packs.definitions(kind=DESK, pack_key=pack)
    return found[0].compiled if found else {}


def guidance_for(pack: str, class_code: str) -> Guidance:
    """Return what belongs to a class: its own, else the nearest above it that says something."""
    known: Mapping[str, Any] = desk_of_pack(pack).get("guidance", {})
    parts = class_code.split(".") if class_code else []
    for depth in range(len(parts), -1, -1):
        one = known.get(".".join(parts[:depth]))
        if one is not None:
            return Guidance(tuple(one["ask"]), one["say"], tuple(one["never"]))
    return NOTHING
