"""The connections of the pool: whether one still lives is seen on its socket, without a round trip."""

import select
from functools import cached_property
from typing import Any

import psycopg


class PooledConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that answers the pool's question whether it lives by itself.

    The pool asks with an empty statement each time it hands a connection out. A server that ended has closed its
    end, and what it sends unasked (a notice, a changed setting) waits to be read: either makes the socket readable,
    and only then is the server asked (decision 0369).
    """

    def execute(self, query: Any, *args: Any, **options: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement as psycopg does; an empty one only where something waits on the socket."""
        if query == "" and not (self.closed or self._inbox.poll(0)):
            return self._idle
        return super().execute(query, *args, **options)

    @cached_property
    def _inbox(self) -> "select.poll":
        inbox = select.poll()
        inbox.register(self.fileno(), select.POLLIN)
        return inbox

    @cached_property
    def _idle(self) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.cursor()
