"""What processes did is taken away as a file; each time leaves a fact (SEC-01)."""

from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import authorise
from bihuan.domain.processes.queries.histories import Asked, Histories, histories

EXPORTED: Final = "process.history_exported"


@transaction.atomic
def export_histories(access: Access, asked: Asked, *, by: Actor, at: datetime) -> Histories:
    """Return what `queries.histories` does, to be taken away.

    Refuses with NotAllowed without the right to export. One fact holds what was asked and how many cases it found.
    """
    authorise(by, "export.run", at=at)
    found = histories(access, asked)
    data = {
        "process": asked.process,
        "version": asked.version,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "org_unit": asked.unit_id,
        "rows": len(found.found),
    }
    ledger.record(Fact(EXPORTED, access.ref, access.ref, at, by, data=data))
    return found
