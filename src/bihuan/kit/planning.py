"""How PostgreSQL is to plan statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from bihuan.kit import db


@contextmanager
def planned_by_value() -> Iterator[None]:
    """Let statements inside be planned for the very values they are asked with, each time anew.

    A plan for any value cannot use an index for the beginning of a text, nor know that one end of a phone is common and
    another rare: where that matters, planning costs less than a wrong plan.
    """
    with transaction.atomic():
        db.run("set local plan_cache_mode = force_custom_plan")
        yield
        db.run("set local plan_cache_mode = auto")
