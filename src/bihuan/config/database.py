"""Which PostgreSQL server we use, and making sure that it is there."""

import re
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from bihuan.integrations import postgres_embedded
from bihuan.kit.problems import Refused

OLDEST_VERSION = 15


class DatabaseUnreachable(Refused):
    """The server named by DATABASE_URL does not answer."""

    status = 503
    message = "连不上 DATABASE_URL 指定的数据库。"


class DatabaseTooOld(Refused):
    """The server named by DATABASE_URL is older than we support."""

    status = 503
    message = f"DATABASE_URL 指定的数据库太旧：需要 PostgreSQL {OLDEST_VERSION} 或更新。"


def is_embedded() -> bool:
    """Tell whether we use our own server; `DATABASE_URL` wins over it."""
    return bool(settings.DATABASE_IS_EMBEDDED)


def layout() -> postgres_embedded.Layout:
    """Return where our own server's files are."""
    return postgres_embedded.Layout(settings.HOME)


def ensure() -> None:
    """Return when the database can be used: start our own server, or ask the other whether it is up."""
    if is_embedded():
        postgres_embedded.ensure(layout())
    else:
        server_version()


def wait(patience: float = 60.0) -> None:
    """Return when the database can be used, starting nothing; refuse after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            server_version()
        except DatabaseUnreachable:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def server_version() -> int:
    """Return the server's major version; refuse a server that is away or too old."""
    try:
        with psycopg.connect(conninfo(), connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
    except psycopg.OperationalError as problem:
        said = re.sub(r"\\s+", " ", str(problem)).strip()
        raise DatabaseUnreachable(f"连不上数据库（{said}）。") from problem
    if version < OLDEST_VERSION:
        raise DatabaseTooOld
    return version


def conninfo(database: str = "") -> str:
    """Return a libpq connection string for programs and connections outside Django."""
    params: dict[str, Any] = connections["default"].get_connection_params()
    kept = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert")
    chosen = {key: value for key, value in params.items() if key in kept and value}
    return psycopg.conninfo.make_conninfo(**chosen | ({"dbname": database} if database else {}))
