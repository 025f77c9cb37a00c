"""How customers are found by what somebody typed: conditions to try in turn, each served by one index.

Among two million customers every condition costs milliseconds: those that give their rows in the index's own order stop
after the first page, the others are looked at only so far (decision 0350).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, Q, TextField

from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.customers.models import Account, ContactPoint, Customer
from bihuan.domain.customers.queries.reading import Wanted


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
        yield Step(Q(name_norm__startswith=name), ("name_norm", "id"))
    if name.isascii() and name.isalpha():
        for sound in ("name_initials", "name_pinyin"):
            yield Step(Q((f"{sound}__startswith", name)), (sound, "name_norm", "id"))
    if len(name) >= 2:
        yield Step(_name_contains(name))


def _by_number(wanted: Wanted) -> Iterator[Step]:
    if wanted.phone:
        yield Step(has_phone(Q(value_norm=wanted.phone)))
    if wanted.account:
        accounts = Account.objects.filter(number__startswith=wanted.account)
        yield Step(Q(pk__in=accounts.values("customer_id")))
    if wanted.masked:
        head, tail = wanted.masked
        yield Step(has_phone(Q(last4=tail, value_norm__startswith=head)))
    if wanted.tail:
        longer = Q(value_norm__endswith=wanted.tail) if len(wanted.tail) > 4 else Q()
        yield Step(has_phone(Q(last4=wanted.tail[-4:]) & longer))


def has_phone(condition: Q) -> Q:
    """Return the condition that a customer has such a phone."""
    points = ContactPoint.objects.filter(condition, kind=ContactKind.PHONE)
    return Q(pk__in=points.values("customer_id"))


def _name_contains(name: str) -> Q:
    pairs = Func(F("name_norm"), function="customers_pairs", output_field=ArrayField(TextField()))
    wanted = [name[at : at + 2] for at in range(len(name) - 1)]
    holds_all = Customer.objects.annotate(pairs=pairs).filter(Q(("pairs__contains", wanted)))
    return Q(pk__in=holds_all.values("pk"), name_norm__contains=name)
