"""Demo customers that belong to somebody, and requests for their files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import profiling
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.actions import opening
from bihuan.domain.portfolios.choices import Purpose
from bihuan.engines.packs.scenario import span
from bihuan.integrations.scenarios import files
from bihuan.integrations.scenarios.files import BY

Row = dict[str, Any]


@transaction.atomic
def load(owned: Sequence[Row], requests: Sequence[Row], *, at: datetime) -> int:
    """Write the customers down with their owners; new ones bring the requests for their files along."""
    new = {str(row["phone"]) for row in owned if _customer(row, at)}
    for row in requests:
        if str(row["phone"]) in new:
            _request(row, at)
    return len(owned)


def _customer(row: Row, at: datetime) -> bool:
    found = files.write_down(row, at)
    if found.is_new:
        owner = org.staff_by_login(row["owner"]).pk
        profiling.assign_owner(
            customer_id=found.customer_id, staff_id=owner, reason="演示数据", by=BY, at=at
        )
        values = {key: str(value) for key, value in row.get("attributes", {}).items()}
        profiling.set_attributes(customer_id=found.customer_id, values=values, by=BY, at=at)
    return found.is_new


def _request(row: Row, now: datetime) -> None:
    at = now - span(str(row["asked"]))
    [customer_id] = queries.known_by_phone([str(row["phone"])]).values()
    wanted = opening.Wanted(customer_id, Purpose(row["purpose"]), row["why"], int(row["hours"]))
    asked = opening.ask_for_file(wanted=wanted, by=_actor(row["by"], at), at=at)
    if "signed" in row:
        signed_at = at + span(str(row["after"]))
        by = _actor(row["signed"], signed_at)
        opening.sign_request(request_id=asked.pk, by=by, at=signed_at)


def _actor(login: str, at: datetime) -> Actor:
    return org.actor_for(org.staff_by_login(login).pk, at)
