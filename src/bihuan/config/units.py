"""Which org unit a command is about."""

from bihuan.domain.org import queries as org
from bihuan.kit.problems import Invalid


class UnitMissing(Invalid):
    """Several org units stand at the top: the command must say which is meant."""

    message = "请用 --unit 指明是哪个机构。"


def unit_by_code_or_top(code: str) -> int:
    """Return the unit of this code; without a code the one at the top, or refuse with UnitMissing."""
    if code:
        return org.unit_by_code(code).id
    tops = [unit for unit in org.tree().units.values() if unit.parent_id is None]
    if len(tops) != 1:
        raise UnitMissing
    return tops[0].id
