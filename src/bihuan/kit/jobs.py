"""Work that every installation has done at intervals: the job table's and the request keys' upkeep.

A job whose worker died is run again, so every task must be one that may run twice.
"""

import logging
from datetime import timedelta

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from bihuan.kit import clock, idempotency

log = logging.getLogger(__name__)

# A retried request is answered from memory for this long (docs/how-to/call-the-api.md).
ANSWERS_KEPT = timedelta(days=7)
# A worker says that it lives every ten seconds; silent for this long, it is dead.
SILENT_AFTER = 60.0
# A job that ends its worker time after time is the cause, not the victim.
MOST_ATTEMPTS = 5
JOBS_KEPT_HOURS = 7 * 24
FAILURES_KEPT_HOURS = 90 * 24


@app.periodic(cron="* * * * *")
@app.task(name="kit.retry_stalled_jobs", queue="upkeep", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Run again the jobs whose worker died; one that was tried often enough has failed."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_AFTER):
        if job.attempts + 1 >= MOST_ATTEMPTS:
            log.error("job %s (%s) lost its worker %s times", job.id, job.task_name, MOST_ATTEMPTS)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            log.warning("job %s (%s) lost its worker, again", job.id, job.task_name)
            await manager.retry_job(job)


@app.periodic(cron="37 3 * * *")
@app.task(name="kit.remove_old_jobs", queue="upkeep", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    """Remove the jobs that are done and, much later, those that failed."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(JOBS_KEPT_HOURS, include_cancelled=True, include_aborted=True)
    await manager.delete_old_jobs(FAILURES_KEPT_HOURS, include_failed=True)


@app.periodic(cron="47 3 * * *")
@app.task(name="kit.forget_answers", queue="upkeep", pass_context=False)
def forget_answers(timestamp: int) -> None:
    """Forget what retried requests were answered."""
    idempotency.forget_before(clock.now() - ANSWERS_KEPT)
