"""`bihuan web`: the web server alone."""

import os
import sys

import click

from bihuan.config import console

# granian's own limits hang silently when there are more live streams than these.
_MOST_CONNECTIONS = "4096"


@click.command()
@console.web_address
@click.option(
    "--workers", envvar="BIHUAN_WEB_WORKERS", type=console.COUNT, default=2, help="Processes."
)
def command(host: str, port: int, workers: int) -> None:
    """Run the web server: pages, API and live streams on one port."""
    options = {
        "interface": "asgi",
        "host": host,
        "port": str(port),
        "workers": str(workers),
        "backlog": _MOST_CONNECTIONS,
        "backpressure": _MOST_CONNECTIONS,
        "workers-kill-timeout": "8",
        "respawn-interval": "0.5",
        "log-level": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    arguments += ["--no-ws", "--respawn-failed-workers", "bihuan.config.asgi:application"]
    os.environ["WEB_SERVER_PID"] = str(os.getpid())  # see asgi.py
    os.execv(sys.executable, [sys.executable, "-m", "granian", *arguments])
