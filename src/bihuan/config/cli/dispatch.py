"""`bihuan dispatch`: the dispatcher alone."""

import signal
import threading

import click

from bihuan.config import console
from bihuan.config.dispatcher import Dispatcher


@click.command()
@click.option(
    "--batch", type=console.COUNT, default=500, show_default=True, help="Clocks in one transaction."
)
def command(batch: int) -> None:
    """Fire clocks as they fall due and announce facts, until stopped. Several may run at once."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    Dispatcher(stop, batch=batch).run()
