"""`bihuan worker`: background jobs alone."""

from typing import cast

import click
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


@click.command()
@click.option("--concurrency", envvar="BIHUAN_WORKER_CONCURRENCY", default=2, help="Jobs at once.")
def command(concurrency: int) -> None:
    """Run background jobs; ends when the database goes away, so run it supervised."""
    connector = cast("DjangoConnector", app.connector).get_worker_connector()
    with app.replace_connector(connector) as worker:
        worker.run_worker(
            name="bihuan",
            concurrency=concurrency,
            shutdown_graceful_timeout=20,
            delete_jobs="never",
        )
