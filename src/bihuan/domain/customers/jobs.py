"""Work customers have done for them in the background."""

from procrastinate.contrib.django import app

from bihuan.domain.customers.actions import importing, sounding
from bihuan.kit import clock


@app.task(name=importing.TASK, queue="imports", pass_context=False)
def run_import(batch_id: int) -> None:
    """Take in what is left of a file."""
    importing.run(batch_id, now=clock.now)


@app.periodic(cron="7 4 * * *")
@app.task(name="customers.fill_sounds", queue="upkeep", pass_context=False)
def fill_sounds(timestamp: int) -> None:
    """Let names be found by their sound that were written down before sounds were kept."""
    sounding.fill_sounds()
