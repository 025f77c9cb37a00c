"""Work cases have done for them at intervals."""

from datetime import timedelta

from procrastinate.contrib.django import app

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.cases import queries
from bihuan.domain.cases.actions import fingerprints, portal, topics
from bihuan.domain.cases.actions.portal.proving import SOURCE
from bihuan.kit import clock

# What was begun on the portal and not sent.
UNSENT_KEPT = timedelta(days=2)
TOPICS_LOOK_BACK = timedelta(days=30)


@app.periodic(cron="57 3 * * *")
@app.task(name="cases.sweep_portal", queue="upkeep", pass_context=False)
def sweep_portal(timestamp: int) -> None:
    """Forget counted attempts and the files of requests that were never sent."""
    now = clock.now()
    portal.forget_attempts(at=now)
    attachments.sweep(prefix=SOURCE, before=now - UNSENT_KEPT)


@app.periodic(cron="*/10 * * * *")
@app.task(name="cases.read_texts", queue="upkeep", pass_context=False)
def read_texts(timestamp: int) -> None:
    """Let cases that came in another way than through intake be found by their texts."""
    fingerprints.read_texts()


@app.periodic(cron="23 * * * *")
@app.task(name="cases.find_topics", queue="upkeep", pass_context=False)
def find_topics(timestamp: int) -> None:
    """Work out the hot topics of the last thirty days."""
    now = clock.now()
    for pack in queries.packs_offered():
        stretch = topics.Stretch(pack, now - TOPICS_LOOK_BACK, now, is_rolling=True)
        topics.find_topics(stretch, at=now)
