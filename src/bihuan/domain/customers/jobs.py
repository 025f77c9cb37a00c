"""Work customers have done for them in the background."""

from typing import Final

from django.db import OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from bihuan.domain.customers.actions import (
    consolidating,
    importing,
    originals,
    rating,
    rating_schedule,
    sounding,
)
from bihuan.domain.ledger.events import SYSTEM
from bihuan.kit import clock

# What the database broke off, in favour of somebody who wrote the same files, is done again (decision 0384).
_AGAIN: Final = RetryStrategy(max_attempts=3, wait=10, retry_exceptions=[OperationalError])


@app.task(name=importing.TASK, queue="imports", pass_context=False)
def run_import(batch_id: int) -> None:
    """Take in what is left of a file."""
    importing.run(batch_id, now=clock.now)


@app.task(name=consolidating.TASK, queue="imports", pass_context=False, retry=_AGAIN)
def consolidate(run_id: int) -> None:
    """Do what is left of a consolidation."""
    consolidating.run(run_id, now=clock.now)


@app.periodic(cron="37 1 * * *")
@app.task(name="customers.consolidate_what_is_new", queue="upkeep", pass_context=False)
def consolidate_what_is_new(timestamp: int) -> None:
    """Look for doubles where files came since the last time."""
    consolidating.start_where_new(by=SYSTEM, at=clock.now())


@app.periodic(cron="7 4 * * *")
@app.task(name="customers.fill_sounds", queue="upkeep", pass_context=False)
def fill_sounds(timestamp: int) -> None:
    """Let names be found by their sound that were written down before sounds were kept."""
    sounding.fill_sounds()


@app.task(name=rating.TASK_DRAW, queue="imports", pass_context=False, retry=_AGAIN)
def draw_up_rating(rating_id: int) -> None:
    """Work a rating out."""
    rating.draw_up(rating_id, at=clock.now())


@app.task(name=rating.TASK_APPLY, queue="imports", pass_context=False, retry=_AGAIN)
def apply_rating(rating_id: int) -> None:
    """Bring an approved rating into force."""
    rating.apply(rating_id, at=clock.now())


@app.periodic(cron="17 4 * * *")
@app.task(name="customers.propose_ratings", queue="upkeep", pass_context=False)
def propose_ratings(timestamp: int) -> None:
    """Propose the ratings whose period has begun, and forget lines nobody needs."""
    now = clock.now()
    rating_schedule.propose_due(at=now)
    rating.forget_lines(at=now)


@app.periodic(cron="47 3 * * *")
@app.task(name="customers.forget_originals", queue="upkeep", pass_context=False)
def forget_originals(timestamp: int) -> None:
    """Forget uploaded files that are taken in or that nobody takes in."""
    originals.sweep(at=clock.now())
