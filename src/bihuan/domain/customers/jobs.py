"""Work customers have done for them in the background."""

from procrastinate.contrib.django import app

from bihuan.domain.customers.actions import importing
from bihuan.kit import clock


@app.task(name=importing.TASK, queue="imports", pass_context=False)
def run_import(batch_id: int) -> None:
    """Take in what is left of a file."""
    importing.run(batch_id, now=clock.now)
