"""How customers are found by what somebody typed: conditions to try in turn, each served by one index.

Among two million customers every condition costs milliseconds: those that give their rows in the index's own order stop
after the first page, the others are looked at only so far (decision 0350).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Q, TextField, Value

from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.customers.models import ContactPoint
from bihuan.domain.customers.queries.reading import Wanted


class HoldsPairs(Func):
    """All these pairs of neighbouring characters are in a text, as the index of pairs has them."""

    template = "customers_pairs(%(expressions)s)"
    arg_joiner = ") @> ("
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class Step:
    """One condition; `order` is the index's own where it has one that people understand."""

    condition: Q
    order: tuple[str, ...] = ()


def steps(wanted: Wanted) -> Iterator[Step]:
    """Yield the conditions to try, the most certain first."""
    yield from _by_number(wanted)
    name = wanted.name
    if name:
        yield Step(_begins("name_norm", name), ("name_norm", "id"))
    if name.isascii() and name.isalpha():
        for sound in ("name_initials", "name_pinyin"):
            yield Step(_begins(sound, name), (sound, "name_norm", "id"))
    if len(name) >= 2:
        yield Step(_name_contains(name))


def _begins(column: str, text: str) -> Q:
    """Return the condition as a range: these columns are ordered by code point."""
    return Q((f"{column}__gte", text), (f"{column}__lt", f"{text}\U0010ffff"))


def _by_number(wanted: Wanted) -> Iterator[Step]:
    """Yield conditions on what belongs to a customer: joined, so that few numbers lead to few customers."""
    phone = Q(contacts__kind=ContactKind.PHONE)
    if wanted.phone:
        yield Step(phone & Q(contacts__value_norm=wanted.phone))
    if wanted.account:
        yield Step(Q(accounts__number__startswith=wanted.account))
    if wanted.masked:
        head, tail = wanted.masked
        yield Step(phone & Q(contacts__last4=tail, contacts__value_norm__startswith=head))
    if wanted.tail:
        longer = Q(contacts__value_norm__endswith=wanted.tail) if len(wanted.tail) > 4 else Q()
        yield Step(phone & Q(contacts__last4=wanted.tail[-4:]) & longer)


def has_phone(condition: Q) -> Q:
    """Return the condition that a customer has such a phone."""
    points = ContactPoint.objects.filter(condition, kind=ContactKind.PHONE)
    return Q(pk__in=points.values("customer_id"))


def _name_contains(name: str) -> Q:
    wanted = [name[at : at + 2] for at in range(len(name) - 1)]
    return Q(HoldsPairs(F("name_norm"), Value(wanted, ArrayField(TextField())))) & Q(
        name_norm__contains=name
    )
