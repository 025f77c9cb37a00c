"""Bring a pack's demo data to life: customers as they stand, cases worked up to where they should wait.

Every case is opened and worked by the actions people use, at moments in the past, so that lists, clocks
and histories look as they would after a week's work. What is there already is left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.cases.events import OpenedCase
from bihuan.domain.customers.choices import Tier
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes
from bihuan.engines.packs.scenario import span
from bihuan.integrations.scenarios import aftermath, files, portfolios
from bihuan.integrations.scenarios.stage import CaseRow, Stage, open_case


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a pack's demo data came to: how many of each are there now, and how many are new."""

    pack: str
    customers: int
    cases: int
    new_cases: int


@dataclass(frozen=True, slots=True)
class Script:
    """Customers, cases and a playbook, as the files of a pack's `demo` folder write them."""

    pack: str
    customers: Sequence[dict[str, Any]]
    cases: Sequence[dict[str, Any]]
    playbook: Sequence[dict[str, Any]]


def load(pack: str, *, at: datetime) -> Loaded:
    """Load a pack's demo data as of `at`; a second time only what is missing."""
    parts = {name: _rows(pack, name) for name in ("customers", "cases", "playbook")}
    done = perform(Script(pack, **parts), at=at)
    owned = portfolios.load(_rows(pack, "portfolios"), _rows(pack, "file_requests"), at=at)
    return replace(done, customers=done.customers + owned)


def perform(script: Script, *, at: datetime) -> Loaded:
    """Write the customers of a script down and work its cases up to where they should wait."""
    playbook = {str(entry["unit"]): entry for entry in script.playbook}
    known = {
        str(row["phone"]): {**row, "id": files.write_down(row, at).customer_id}
        for row in script.customers
    }
    new = sum(
        _work(_Play(script.pack, number, row, known[str(row["customer"])], playbook), at)
        for number, row in enumerate(script.cases, 1)
    )
    return Loaded(script.pack, len(script.customers), len(script.cases), new)


def _rows(pack: str, name: str) -> list[dict[str, Any]]:
    files = packs.definitions(kind="demo", pack_key=pack)
    return [row for file in files for row in file.compiled.get(name, [])]


@dataclass(frozen=True, slots=True)
class _Play:
    pack: str
    number: int
    row: dict[str, Any]
    customer: dict[str, Any]
    playbook: dict[str, dict[str, Any]]

    def words(self, at: datetime) -> dict[str, str]:
        """Return what `{name}` and its kin stand for in the playbook."""
        first = {"unit": self.customer["unit"], **self.row}
        words = {key: str(value) for key, value in first.items()}
        shown = {key: str(self.customer[key]) for key in ("name", "phone", "address")}
        return {**words, **shown, "now": at.isoformat()}


@transaction.atomic
def _work(play: _Play, now: datetime) -> bool:
    at = now - span(str(play.row["opened"]))
    case = _open(play, at)
    if not case.is_new:
        return False
    stage = Stage(case, at)
    rounds = list(play.row.get("rounds", []))
    for node in _nodes(play, stage, rounds):
        entry = play.playbook[node]
        # A case opened half an hour ago has not been worked on for longer than that.
        stage.at = min(stage.at + span(str(entry["after"])), now)
        said = rounds.pop(0)[node] if rounds and node in rounds[0] else entry["with"]
        words = play.words(stage.at)
        values = {key: _filled(value, words) for key, value in said.items()}
        by = org.actor_for(org.staff_by_login(entry["by"].format_map(words)).pk, stage.at)
        processes.submit(stage.unit(node).pk, values, by=by, at=stage.at)
    aftermath.follow(stage, list(play.row.get("then", [])), pack=play.pack, now=now)
    return True


def _nodes(play: _Play, stage: Stage, rounds: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the open unit again and again, until the case stands where it should wait."""
    while units := stage.open_units():
        if units[0] == play.row["until"] and not rounds:
            return
        yield units[0]


def _open(play: _Play, at: datetime) -> OpenedCase:
    opener = next(iter(play.playbook.values()))["by"]
    by = org.actor_for(org.staff_by_login(opener).pk, at)
    return open_case(
        CaseRow(
            pack=play.pack,
            class_code=str(play.row["class"]),
            title=str(play.row["title"]),
            description=str(play.row["description"]),
            channel=str(play.row.get("channel", "PHONE")),
            customer_id=int(play.customer["id"]),
            name=str(play.customer["name"]),
            phone=str(play.customer["phone"]),
            tier=str(play.customer.get("tier", Tier.NORMAL)),
            source_ref=f"demo:{play.pack}:{play.number}",
        ),
        by=by,
        at=at,
    )


def _filled(value: Any, words: dict[str, str]) -> Any:
    return value.format_map(words) if isinstance(value, str) else value
