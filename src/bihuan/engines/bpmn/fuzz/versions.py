"""The next version of a random process: units renamed, put in, left out, guarded, with other limits."""

import random
from dataclasses import replace
from typing import Final

from bihuan.engines.bpmn.fuzz.blocks import ENDS, SIDES, Block, Kind
from bihuan.engines.bpmn.fuzz.drawing import Drawing

RENAMED: Final = "v"
_OTHER_LIMITS: Final = {"1h": "2h", "2h": "30m", "30m": "1h", "": "1h"}


def canonical(name: str) -> str:
    """Return what a unit is called in the first version."""
    return name.removesuffix(RENAMED)


def later(before: Drawing, dice: random.Random) -> tuple[Drawing, dict[str, str]]:
    """Return another version of a process, and which unit of the first becomes which where the id differs."""
    units = [block.name for block in before.tree.walk() if block.kind is Kind.UNIT]
    renamed = {name: name + RENAMED for name in units if dice.random() < 0.25}
    grouped = {name for group in before.groups for name in group.units}
    changer = _Changer(dice, grouped)
    tree = changer.change(before.tree)
    tree = _named(tree, renamed)
    left = {block.name for block in tree.walk()}
    renamed = {name: to for name, to in renamed.items() if to in left}
    groups = tuple(
        replace(group, units=tuple(renamed.get(name, name) for name in group.units))
        for group in before.groups
    )
    return Drawing(before.key, tree, groups), renamed


class _Changer:
    """Changes a tree here and there, each kind of change about once."""

    def __init__(self, dice: random.Random, grouped: set[str]) -> None:
        self.dice, self.grouped = dice, grouped
        self.wanted = {name for name in ("put_in", "leave_out", "guard") if dice.random() < 0.5}

    def change(self, block: Block) -> Block:
        """Return a block as the next version has it."""
        if block.kind is Kind.UNIT:
            return self._unit(block)
        if block.kind is Kind.GUARDED:  # one guard is enough, and what it begins has none
            host, side = block.parts
            inside = replace(host, parts=tuple(map(self.change, host.parts)))
            return replace(block, parts=(inside, side))
        parts = tuple(map(self.change, block.parts))
        if block.kind is Kind.LINE:
            parts = self._line(parts)
        return replace(block, parts=parts)

    def _unit(self, block: Block) -> Block:
        if block.limit in _OTHER_LIMITS and self.dice.random() < 0.3:
            block = replace(block, limit=_OTHER_LIMITS[block.limit])
        if not self._now("guard"):
            return block
        side = Block(Kind.UNIT, f"{block.name}_side")
        guard = self.dice.choice((*SIDES, *ENDS))
        return Block(Kind.GUARDED, f"{block.name}_guard", (block, side), guard=guard)

    def _line(self, parts: tuple[Block, ...]) -> tuple[Block, ...]:
        found = list(parts)
        plain = [
            number
            for number, part in enumerate(found[1:-1], start=1)
            if part.kind is Kind.UNIT and part.name not in self.grouped
        ]
        if plain and self._now("leave_out"):
            del found[self.dice.choice(plain)]
        if self._now("put_in"):
            place = self.dice.randint(1, len(found))
            found.insert(place, Block(Kind.UNIT, f"{found[place - 1].name}_next", limit="2h"))
        return tuple(found)

    def _now(self, change: str) -> bool:
        if change in self.wanted and self.dice.random() < 0.4:
            self.wanted.discard(change)
            return True
        return False


def _named(block: Block, names: dict[str, str]) -> Block:
    parts = tuple(_named(part, names) for part in block.parts)
    return replace(block, name=names.get(block.name, block.name), parts=parts)
