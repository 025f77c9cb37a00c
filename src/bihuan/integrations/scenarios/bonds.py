"""Demo relations, contracts and agreements about contacts of a pack: `demo/bonds.yaml`. Customers are named by phone.

```yaml
relations: [{phone: "13800007101", of: "13800007001", kind: CONTACT, note: 电气负责人}]
contracts: [{phone: "13800007001", number: GY-0117, title: 高压供用电合同, starts: -1050d, ends: 45d, amount: "860000", terms: 月结}]
agreed: [{phone: "13800007001", consent: GIVEN, quiet: ["12:00", "14:00"], spoken: 20d, said: 回访用电情况}]
states: [{phone: "13800002263", state: LOST, why: MOVED, said: 已迁居外省}]
```

Days count from when the data are loaded. What is there already is left alone.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.timezone import localdate, localtime

from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.actions import bonds, profiling
from bihuan.domain.customers.choices import Consent, ContactKind, LostReason, RelationKind
from bihuan.domain.customers.models import ContactPoint
from bihuan.domain.customers.queries import known_by_phone
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.ledger.events import Actor
from bihuan.domain.packs import queries as packs
from bihuan.kit.problems import Refused

_BY: Final = Actor("system:demo")

Row = Mapping[str, Any]


def load(pack: str, *, at: datetime) -> int:
    """Load what is missing; return how many relations and contracts the pack's demo data has.

    What is about customers whose number was changed since, or who may not be joined any more, is left out.
    """
    found = [one.compiled for one in packs.definitions(kind="demo", pack_key=pack)]
    all_rows = {
        name: [row for one in found for row in one.get(name, [])]
        for name in ("relations", "contracts", "agreed", "states")
    }
    known = known_by_phone({phone for some in all_rows.values() for phone in _phones(some)})
    rows = {
        name: [row for row in some if _phones([row]) <= known.keys()]
        for name, some in all_rows.items()
    }
    with transaction.atomic():
        for row in rows["relations"]:
            with suppress(Refused), transaction.atomic():
                _relate(row, known, at)
        new = [_contract(row, known, at) for row in rows["contracts"]]
        if any(new):
            _agree(rows["agreed"], known, at)
            _leave(rows["states"], known, at)
    return len(all_rows["relations"]) + len(all_rows["contracts"])


def _phones(rows: Sequence[Row]) -> set[str]:
    return {str(row[key]) for row in rows for key in ("phone", "of") if key in row}


def _relate(row: Row, known: Mapping[str, int], at: datetime) -> None:
    bonds.relate(
        customer_id=known[str(row["phone"])],
        other_id=known[str(row["of"])],
        kind=RelationKind(row["kind"]),
        note=row.get("note", ""),
        by=_BY,
        at=at,
    )


def _contract(row: Row, known: Mapping[str, int], at: datetime) -> bool:
    new = bonds.NewContract(
        number=row["number"],
        title=row["title"],
        starts_date=_day(row["starts"], at),
        ends_date=_day(row["ends"], at) if "ends" in row else None,
        amount=Decimal(str(row["amount"])) if "amount" in row else None,
        terms=row.get("terms", ""),
    )
    with suppress(Refused), transaction.atomic():
        bonds.add_contract(customer_id=known[str(row["phone"])], new=new, by=_BY, at=at)
        return True
    return False


def _agree(rows: Sequence[Row], known: Mapping[str, int], at: datetime) -> None:
    for row in rows:
        customer_id = known[str(row["phone"])]
        point = ContactPoint.objects.get(
            customer_id=customer_id, kind=ContactKind.PHONE, is_primary=True
        )
        since, until = (_time(one) for one in row.get("quiet", ("", "")))
        terms = customers.ContactTerms(Consent(row["consent"]), since, until)
        customers.settle_contact(contact_id=point.pk, terms=terms, by=_BY, at=at)
        if "spoken" in row:
            spoken = interactions.Spoken(customer_id, "PHONE", row["said"])
            morning = localtime(at - _days(row["spoken"])).replace(hour=10, minute=0)
            interactions.note_contact(spoken=spoken, by=_BY, at=morning)


def _leave(rows: Sequence[Row], known: Mapping[str, int], at: datetime) -> None:
    for row in rows:
        customer_id = known[str(row["phone"])]
        if row["state"] == "LOST":
            profiling.mark_lost(
                customer_id=customer_id,
                reason=LostReason(row["why"]),
                said=row.get("said", ""),
                by=_BY,
                at=at,
            )
        else:
            profiling.become_prospect(customer_id=customer_id, by=_BY, at=at)


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text else None


def _day(text: str, at: datetime) -> date:
    return localdate(at) + _days(text)


def _days(text: str) -> timedelta:
    return timedelta(days=int(str(text).removesuffix("d")))
