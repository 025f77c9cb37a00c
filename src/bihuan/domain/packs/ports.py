"""What a domain app promises for the folder of a pack that it understands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bihuan.domain.ledger.events import Actor
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.kit.registry import Registry

# Packs are read in this order, so that what a file refers to exists before it; parts of later
# releases that are not named here come last.
FOLDERS = (
    "calendars",
    "org",
    "taxonomy",
    "prices",
    "forms",
    "decisions",
    "processes",
    "escalations",
    "desk",
    "portal",
    "texts",
    "scenarios",
    "demo",
)


@dataclass(frozen=True, slots=True)
class PublishedDefinition:
    """A definition that just came into force, as handed to `PackPart.apply`."""

    id: int
    kind: str
    key: str
    version: int
    pack_key: str
    title: str
    compiled: dict[str, Any]


class PackPart(Protocol):
    """One folder of a pack: how to check, compile and put its files to work.

    `kind` names the definitions it makes (`form`), `folder` where its files lie (`forms`), `suffixes`
    how they may end.
    """

    @property
    def kind(self) -> str:
        """Return the kind of definition, singular."""

    @property
    def folder(self) -> str:
        """Return the folder's name."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Return the endings a file may have, with their dots."""

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return everything wrong with a file; `pack.known(folder)` tells what it may refer to."""

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return plain JSON for `Definition.compiled`; called only when `check` found nothing.

        A `title` among it becomes the definition's title.
        """

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Fill the app's own tables; called once per published version, safe to repeat."""


PARTS: Registry[PackPart] = Registry("pack part")
AUTHORITIES: Registry[Callable[[Actor, str, datetime], object]] = Registry("authority")
"""Those who know what people may do: each refuses with `NotAllowed` what an actor may not do."""


def parts_in_order() -> list[PackPart]:
    """Return the registered parts in the order in which a pack is installed."""
    rank = {folder: number for number, folder in enumerate(FOLDERS)}
    return sorted((part for _, part in PARTS.items()), key=lambda part: rank.get(part.folder, 99))
