"""Work notifications has done for it at intervals."""

from procrastinate.contrib.django import app

from bihuan.domain.notifications import actions
from bihuan.kit import clock


@app.periodic(cron="* * * * *")
@app.task(name="notifications.send_due", queue="notices", pass_context=False)
def send_due(timestamp: int) -> None:
    """Send what is due; a job that dies leaves the rest to the next minute."""
    while actions.send_due(at=clock.now()):
        pass
    while actions.send_letters(at=clock.now()):
        pass
