"""A pack's demo facts of customers, a rating in force, and segments: `demo/tiers.yaml`.

```yaml
facts: [{phone: "13800002046", annual_kwh: "2400"}]      # attributes by the customer's phone
ratings: [{scheme: value, unit: csc, proposed_by: fangqin, approved_by: yeqing, reason: …}]
segments: [{title: …, owner: yeqing, condition: {…}}]
```
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.actions import profiling, rating, segments as segment_actions
from bihuan.domain.customers.queries import known_by_phone, ratings
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs

_BY: Final = Actor("system:demo")
KEY: Final = "demo"


def load(pack: str, *, at: datetime) -> tuple[int, int]:
    """Load what is missing; return how many ratings and segments the pack's demo data has."""
    found = [one.compiled for one in packs.definitions(kind="demo", pack_key=pack)]
    rows = {
        name: [row for one in found for row in one.get(name, [])]
        for name in ("facts", "ratings", "segments")
    }
    new = [row for row in rows["ratings"] if ratings.last_key(row["scheme"]) is None]
    if new:
        _write(rows["facts"], at)
    for row in new:
        _rate(row, at)
    for row in rows["segments"]:
        _keep(row, at)
    return len(rows["ratings"]), len(rows["segments"])


def _write(facts: list[dict[str, Any]], at: datetime) -> None:
    known = known_by_phone(str(row["phone"]) for row in facts)
    for row in facts:
        values = {key: str(value) for key, value in row.items() if key != "phone"}
        customer_id = known[str(row["phone"])]
        profiling.set_attributes(customer_id=customer_id, values=values, by=_BY, at=at)


def _rate(row: Mapping[str, Any], at: datetime) -> None:
    asker, decider = (
        org.actor_for(org.staff_by_login(row[name]).pk, at)
        for name in ("proposed_by", "approved_by")
    )
    wanted = rating.Wanted(row["scheme"], org.unit_by_code(row["unit"]).id, KEY)
    rating_id = rating.propose(wanted, in_background=False, by=asker, at=at)
    rating.draw_up(rating_id, at=at)
    rating.approve(rating_id, reason=row["reason"], in_background=False, by=decider, at=at)
    rating.apply(rating_id, at=at)


def _keep(row: Mapping[str, Any], at: datetime) -> None:
    access = org.access_of(org.staff_by_login(row["owner"]).pk, at)
    draft = segment_actions.SegmentDraft(row["title"], row["condition"], is_shared=True)
    by = org.actor_for(access.staff_id, at)
    with suppress(segment_actions.SegmentTitleTaken):
        segment_actions.save_segment(access=access, draft=draft, by=by, at=at)
