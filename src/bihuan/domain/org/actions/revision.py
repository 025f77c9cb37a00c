"""Every org write happens inside `changing`."""

from collections.abc import Iterator
from contextlib import contextmanager

from bihuan.domain.org.queries.tree import forget_revision
from bihuan.kit import db

_NEXT = """
insert into org_orgrevision (id, revision) values (1, nextval('org_revision_numbers'))
on conflict (id) do update set revision = excluded.revision
"""


@contextmanager
def changing() -> Iterator[None]:
    """Let org writes follow one another, and make caches forget.

    The revision's row stays locked until the caller's transaction ends, so checks that look at several
    rows (a loop of delegates, a subtree being moved) cannot be overtaken. The number changes once more
    at the end: whatever was cached in between, within this transaction, is forgotten too.
    """
    db.run(_NEXT)
    forget_revision()
    yield
    db.run(_NEXT)
    forget_revision()
