"""Work cases have done for them at intervals."""

from datetime import timedelta

from procrastinate.contrib.django import app

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.actions.portal.proving import SOURCE
from bihuan.kit import clock

# What was begun on the portal and not sent.
UNSENT_KEPT = timedelta(days=2)


@app.periodic(cron="57 3 * * *")
@app.task(name="cases.sweep_portal", queue="upkeep", pass_context=False)
def sweep_portal(timestamp: int) -> None:
    """Forget counted attempts and the files of requests that were never sent."""
    now = clock.now()
    portal.forget_attempts(at=now)
    attachments.sweep(prefix=SOURCE, before=now - UNSENT_KEPT)
