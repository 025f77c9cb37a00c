"""What can be asked of the ledger."""

from collections.abc import Sequence
from datetime import datetime

from bihuan.domain.ledger.models import Fact
from bihuan.kit.paging import Page, keyset


def facts_of(
    root: str,
    *,
    names: Sequence[str] = (),
    since: datetime | None = None,
    after: str = "",
    size: int = 50,
) -> Page[Fact]:
    """Return the facts of one root, newest first.

    `names` are prefixes (`unit.`) or whole names. `since`, when the root cannot be older, spares the
    database the months before it.
    """
    found = Fact.objects.filter(root=root)
    if since is not None:
        found = found.filter(recorded_at__gte=since)
    if names:
        found = found.filter(
            name__regex="^(" + "|".join(n.replace(".", "[.]") for n in names) + ")"
        )
    return keyset(found, order=("-id",), after=after, size=size)


def facts_named(name: str, *, since: datetime, until: datetime) -> list[Fact]:
    """Return the facts with this name that happened in a half-open period, oldest first."""
    return list(Fact.objects.filter(name=name, at__gte=since, at__lt=until).order_by("at", "id"))
