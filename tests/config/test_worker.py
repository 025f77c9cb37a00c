"""What the worker does by itself at intervals, and what becomes of a dead worker's jobs."""

from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from bihuan.config.cli.worker import connector
from bihuan.kit import clock, jobs
from bihuan.kit.models import RequestKey


def test_the_worker_knows_everything_that_is_done_at_intervals():
    found = {name for name, _ in app.periodic_registry.periodic_tasks}

    assert found == {
        "cases.find_topics",
        "cases.read_texts",
        "cases.sweep_portal",
        "customers.consolidate_what_is_new",
        "customers.fill_sounds",
        "customers.forget_originals",
        "customers.propose_ratings",
        "interactions.forget_originals",
        "kit.forget_answers",
        "kit.remove_old_jobs",
        "kit.retry_stalled_jobs",
        "ledger.make_partitions",
        "notifications.send_due",
        "org.forget_sessions",
    }


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_job_is_run_again():
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"
            " returning id"
        )
        (dead,) = cursor.fetchone()
        lost = job(cursor, worker=dead, attempts=0)
        ownerless = job(cursor, worker=None, attempts=1)
        killer = job(cursor, worker=None, attempts=jobs.MOST_ATTEMPTS - 1)
    jobs.retry_stalled_jobs.defer(timestamp=0)
    work()

    assert state_of(lost) == ("succeeded", 2)
    assert state_of(ownerless) == ("succeeded", 3)
    assert state_of(killer) == ("failed", jobs.MOST_ATTEMPTS)


@pytest.mark.django_db(transaction=True)
def test_a_living_workers_job_is_left_alone():
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers default values returning id")
        busy = job(cursor, worker=cursor.fetchone()[0], attempts=0)
    jobs.retry_stalled_jobs.defer(timestamp=0)
    work()

    assert state_of(busy) == ("doing", 0)


@pytest.mark.django_db(transaction=True)
def test_old_jobs_and_old_answers_are_removed():
    now = clock.now()
    for age in (jobs.ANSWERS_KEPT - timedelta(hours=1), jobs.ANSWERS_KEPT + timedelta(hours=1)):
        RequestKey.objects.create(
            scope="api", key=str(age), status=200, answer={}, carried_out_at=now - age
        )
    done = [jobs.forget_answers.defer(timestamp=number) for number in (1, 2)]
    work()
    with connection.cursor() as cursor:
        cursor.execute(
            "update procrastinate_events set at = now() - interval '8 days' where job_id = %s",
            [done[0]],
        )
    jobs.remove_old_jobs.defer(timestamp=0)
    work()

    assert [row.key for row in RequestKey.objects.all()] == ["6 days, 23:00:00"]
    assert state_of(done[0]) is None
    assert state_of(done[1]) == ("succeeded", 1)


def job(cursor, *, worker: int | None, attempts: int) -> int:
    """A job that a worker has begun."""
    number = jobs.forget_answers.defer(timestamp=0)
    cursor.execute(
        "update procrastinate_jobs set status = 'doing', worker_id = %s, attempts = %s"
        " where id = %s",
        [worker, attempts, number],
    )
    return number


def state_of(number: int) -> tuple[str, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select status::text, attempts from procrastinate_jobs where id = %s", [number]
        )
        return cursor.fetchone()


def work() -> None:
    """Do everything that waits, as `bihuan worker` would."""
    with app.replace_connector(connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, delete_jobs="never")
