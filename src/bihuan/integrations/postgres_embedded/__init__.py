"""A PostgreSQL server of our own, for when no `DATABASE_URL` names another.

Owns: the binaries' whereabouts, the data directory `BIHUAN_HOME/pg`, and the supervisor process that
keeps the server running. Does not own: what is in the database, and external servers.

Uses no Django, because the settings import it to learn the server's address.
"""

from bihuan.integrations.postgres_embedded.control import Status, ensure, status, stop
from bihuan.integrations.postgres_embedded.layout import Layout, prepare_home
from bihuan.integrations.postgres_embedded.refusals import Unusable

__all__ = ["Layout", "Status", "Unusable", "ensure", "prepare_home", "status", "stop"]
