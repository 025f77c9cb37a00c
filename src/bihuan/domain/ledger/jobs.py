"""Work the ledger has done for it at intervals."""

from procrastinate.contrib.django import app

from bihuan.domain.ledger import actions
from bihuan.kit import clock


@app.periodic(cron="17 3 * * *")
@app.task(name="ledger.make_partitions", queue="upkeep", pass_context=False)
def make_partitions(timestamp: int) -> None:
    """Make the partitions of the coming months."""
    actions.ensure_partitions(at=clock.now())
