"""The unit tree, kept in the process for as long as the organisation's revision stays the same."""

from contextvars import ContextVar

from bihuan.domain.org.ports import Unit, UnitTree
from bihuan.kit import db
from bihuan.kit.problems import NotFound

_latest = UnitTree((), revision=-1)
_of_request: ContextVar[list[int] | None] = ContextVar("org_revision_of_request", default=None)


class UnitUnknown(NotFound):
    """There is no org unit with this code or id."""

    message = "没有这个机构。"


def revision() -> int:
    """Return the number that changes with every org write; 0 before the first one.

    Within one request it is read once: what somebody may do does not change half-way.
    """
    known = _of_request.get()
    if known:
        return known[0]
    found = db.one("select revision from org_orgrevision where id = 1")
    return noted(int(found[0]) if found else 0)


def noted(number: int) -> int:
    """Keep a revision that was just read for the rest of the request, if there is one."""
    known = _of_request.get()
    if known is not None and number:
        known[:] = [number]
    return number


def forget_revision() -> None:
    """Read the revision again when it is next asked for: somebody writes."""
    known = _of_request.get()
    if known is not None:
        known.clear()


def begin_request(**_signal: object) -> None:
    """Begin to keep the revision for a request; the next request begins anew."""
    _of_request.set([])


def end_request(**_signal: object) -> None:
    """Keep nothing outside requests."""
    _of_request.set(None)


def tree(known_revision: int | None = None) -> UnitTree:
    """Return all units. Costs one small query, or none when the caller knows the revision.

    The revision is read before the units: units read too new are read again, never too old.
    """
    global _latest  # noqa: PLW0603 -- one shared value, replaced whole
    now = revision() if known_revision is None else known_revision
    if _latest.revision == now and now:
        return _latest
    found = db.rows("select id, code, name, parent_id, path from org_orgunit order by path")
    _latest = UnitTree([Unit(*row) for row in found], revision=now)
    return _latest


def unit(unit_id: int) -> Unit:
    """Return a unit, or refuse with UnitUnknown."""
    try:
        return tree().units[unit_id]
    except KeyError:
        raise UnitUnknown from None


def unit_by_code(code: str) -> Unit:
    """Return the unit with this code, or refuse with UnitUnknown."""
    try:
        return tree().by_code[code]
    except KeyError:
        raise UnitUnknown(f"没有代码为「{code}」的机构。") from None


def units_under(unit_id: int) -> tuple[int, ...]:
    """Return the ids of a unit and all below it."""
    return tree().under(unit_id)
