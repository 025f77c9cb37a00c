"""Work org has done for it at intervals."""

from procrastinate.contrib.django import app

from bihuan.domain.org import actions
from bihuan.kit import clock


@app.periodic(cron="27 3 * * *")
@app.task(name="org.forget_sessions", queue="upkeep", pass_context=False)
def forget_sessions(timestamp: int) -> None:
    """Remove the sessions that are over."""
    actions.forget_sessions(at=clock.now())
