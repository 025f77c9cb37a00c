"""`bihuan worker`: background jobs alone."""

import logging

import click
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from bihuan.config import console

log = logging.getLogger(__name__)

# Seconds to wait for a connection. A worker without its database ends, and is started again.
_PATIENCE = 4.0


@click.command()
@click.option(
    "--concurrency",
    envvar="BIHUAN_WORKER_CONCURRENCY",
    type=console.COUNT,
    default=2,
    help="Jobs at once.",
)
def command(concurrency: int) -> int:
    """Run background jobs; ends when the database goes away, so run it supervised."""
    try:
        with app.replace_connector(connector()) as worker:
            worker.run_worker(
                name="bihuan",
                concurrency=concurrency,
                shutdown_graceful_timeout=20,
                delete_jobs="never",
            )
    except ConnectorException as problem:
        log.warning("the worker ends, because the database is away: %s", problem.__cause__)
        return 1
    return 0


def connector() -> PsycopgConnector:
    """Return the worker's own way to the database: Django's cannot wait for notifications."""
    return PsycopgConnector(kwargs=connector_params(), timeout=_PATIENCE)
