"""Write a new row of a table on a hot path: what Django's own saving asks and compiles anew each time is kept."""

from functools import cache
from operator import attrgetter
from typing import TypeVar

from django.db import connection, models
from django.utils.functional import cached_property

from bihuan.kit import db

M = TypeVar("M", bound=models.Model)


class _Table:
    """How rows of one model are written. Every column is given but the key the database makes."""

    def __init__(self, model: type[models.Model]) -> None:
        self.fields = [one for one in model._meta.concrete_fields if not one.primary_key]
        self.names = [one.attname for one in self.fields]
        self.values = attrgetter(*self.names)
        self.key = model._meta.pk.attname
        self.model = model

    @cached_property
    def sql(self) -> str:
        """Return the statement; the names put in are the model's own."""
        columns = [one.column for one in self.fields]
        places = ", ".join(["%s"] * len(columns))
        quoted = ", ".join(f'"{column}"' for column in columns)
        key = self.model._meta.pk.column
        table = self.model._meta.db_table
        return f'insert into "{table}" ({quoted}) values ({places}) returning "{key}"'  # noqa: S608


def insert(row: M) -> M:
    """Write a new row whose key the database makes, and give it the key; no signals are sent.

    All columns are given from the row, so the model's defaults hold. Raises what the database raises.
    """
    table = _table(type(row))
    values = [
        field.get_db_prep_save(value, connection=connection)
        for field, value in zip(table.fields, table.values(row), strict=True)
    ]
    found = db.one(table.sql, values)
    if found is not None:
        setattr(row, table.key, found[0])
    row._state.adding = False  # noqa: SLF001 -- as Django marks what it has saved
    return row


@cache
def _table(model: type[models.Model]) -> _Table:
    return _Table(model)
