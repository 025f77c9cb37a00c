"""Work interactions has done for it at intervals."""

from datetime import timedelta

from django.conf import settings
from procrastinate.contrib.django import app

from bihuan.domain.interactions import actions
from bihuan.kit import clock


@app.periodic(cron="17 4 * * *")
@app.task(name="interactions.forget_originals", queue="upkeep", pass_context=False)
def forget_originals(timestamp: int) -> None:
    """Forget the originals of mails that were sorted long ago."""
    kept = timedelta(days=settings.MAIL_KEEP_DAYS)
    while actions.forget_originals(older_than=kept, at=clock.now()):
        pass
