"""`bihuan customers consolidate` without tables: the stored customers, as the nightly job does it."""

import time

from bihuan.config import console, database
from bihuan.config.units import unit_by_code_or_top
from bihuan.domain.customers.actions import consolidating
from bihuan.domain.customers.queries.consolidations import consolidation_figures
from bihuan.domain.ledger.events import SYSTEM
from bihuan.kit import clock


def consolidate(unit: str, *, as_json: bool) -> None:
    """Consolidate an org unit and below now, going on with a run that was stopped, and print its figures."""
    database.ensure()
    since = time.monotonic()
    unit_id = unit_by_code_or_top(unit)
    run_id = consolidating.start(unit_id=unit_id, in_background=False, by=SYSTEM, at=clock.now())
    consolidating.run(run_id, now=clock.now)
    found = consolidation_figures(run_id)
    seconds = round(time.monotonic() - since, 1)
    text = (
        f"{found['customers']} 份档案：自动合并 {found['merged']} 份，待人工核对 {found['queued']} 对，"
        f"用时 {seconds} 秒"
    )
    console.report({**found, "seconds": seconds}, text, as_json=as_json)
