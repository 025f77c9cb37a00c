"""A connection's straight line to the server: one round trip a statement, and `begin` travels with the first.

psycopg makes values and rows of what is sent and received, as for its own cursors; what is left out is what a cursor
does around that, and the round trip of its own that a transaction's `begin` would take (decision 0106).
"""

import re
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Params = Sequence[Any] | Mapping[str, Any] | None
Row = tuple[Any, ...]

MOST_PREPARED: Final = (
    400  # statements kept prepared on a connection; what comes after goes unprepared
)
MOST_SEEN: Final = 2000
PATIENCE: Final = 2.0  # seconds a statement broken off is given to end on the server
_PLACE = re.compile(rb"%(?:\((\w+)\)s|(s)|(%))")
_IDLE, _SYNC = TransactionStatus.IDLE, ExecStatus.PIPELINE_SYNC
_COPIES = (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH)
_WRONG = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)


class Unreadable(psycopg.InterfaceError):
    """A statement that copies was sent here; the connection is closed."""


@dataclass(slots=True)
class _Message:
    """A statement as the server takes it: its text and types, and the values."""

    text: bytes
    types: tuple[int, ...]
    values: Any
    formats: Any
    name: bytes | None = None
    is_new: bool = False


class Line:
    """Runs statements on one psycopg connection, inside its transactions; not for statements that copy."""

    def __init__(self, cursor: "psycopg.Cursor[Row]") -> None:
        """Speak on the connection of a cursor, converting values as that cursor would."""
        self._connection: Any = cursor.connection
        self._pg: Any = cursor.connection.pgconn
        self._values = Transformer(cursor)
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._numbers = count()
        self._seen: set[tuple[bytes, tuple[int, ...]]] = set()
        _when_all_are_given_up(self._connection, self._names.clear)
        self._inbox = select.poll()
        self._inbox.register(self._pg.socket, select.POLLIN)
        self._both = select.poll()
        self._both.register(self._pg.socket, select.POLLIN | select.POLLOUT)

    def rows(self, sql: str, params: Params) -> list[Row]:
        """Run a query and return its rows. Raises what psycopg raises."""
        result = self._run(sql, params)
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def touched(self, sql: str, params: Params) -> int:
        """Run a statement and return how many rows it touched or found. Raises what psycopg raises."""
        return self._run(sql, params).command_tuples or 0

    def _run(self, sql: str, params: Params) -> PGresult:
        with self._connection.lock:
            message = self._message(sql, params)
            begins = not self._connection.autocommit and self._pg.transaction_status == _IDLE
            try:
                if begins or message.is_new:
                    result = self._together(message, begins=begins)
                else:
                    self._send(message)
                    result = _last(self._receive(), self._connection)
            except psycopg.Error:
                raise
            except BaseException:
                # An answer still on its way would be taken for the answer to something else.
                with suppress(Exception):
                    self._connection.cancel_safe(timeout=PATIENCE)
                self._pg.finish()
                raise
        return result

    # ------------------------------------------------------------ sending
    def _message(self, sql: str, params: Params) -> _Message:
        text, given = _bound(sql, params)
        if given:
            values = self._values
            dumped = values.dump_sequence(given, [PyFormat.AUTO] * len(given))
            message = _Message(text, tuple(values.types or ()), dumped, values.formats)
        else:
            message = _Message(text, (), None, None)
        wanted = (text, message.types)
        message.name = self._names.get(wanted)
        if message.name is None and self._is_worth_preparing(wanted):
            message.name, message.is_new = b"line_%d" % next(self._numbers), True
        return message

    def _is_worth_preparing(self, wanted: tuple[bytes, tuple[int, ...]]) -> bool:
        """Whether a statement came before: what is asked only once is not planned for keeping."""
        if wanted in self._seen:
            return len(self._names) < MOST_PREPARED
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen.add(wanted)
        return False

    def _send(self, message: _Message) -> None:
        if message.name is None:
            self._pg.send_query_params(message.text, message.values, message.types, message.formats)
        else:
            self._pg.send_query_prepared(message.name, message.values, message.formats)

    def _together(self, message: _Message, *, begins: bool) -> PGresult:
        """Send a statement with what must come before it, in one go."""
        pg = self._pg
        pg.enter_pipeline_mode()
        if begins:
            pg.send_query_params(b"begin", None)
        if message.is_new:
            pg.send_prepare(message.name, message.text, message.types)
        self._send(message)
        pg.pipeline_sync()
        results = self._receive(until_sync=True)
        pg.exit_pipeline_mode()
        # Prepared is prepared, whatever came of it and of the transaction.
        if message.is_new and message.name and results[int(begins)].status == ExecStatus.COMMAND_OK:
            self._names[message.text, message.types] = message.name
        return _last(results, self._connection)

    # ------------------------------------------------------------ receiving
    def _receive(self, *, until_sync: bool = False) -> list[PGresult]:
        """Return the results of what was sent, in that order."""
        while self._pg.flush():
            self._both.poll()
            self._pg.consume_input()
        return list(self._results(until_sync=until_sync))

    def _results(self, *, until_sync: bool) -> Iterator[PGresult]:
        pg = self._pg
        while True:
            while pg.is_busy():
                self._inbox.poll()
                pg.consume_input()
            result = pg.get_result()
            if result is None:
                if not until_sync:
                    return
            elif result.status == _SYNC:
                return
            elif result.status in _COPIES:
                pg.finish()
                raise Unreadable
            else:
                yield result


def _when_all_are_given_up(connection: Any, forget: Callable[[], None]) -> None:
    """Call `forget` whenever psycopg makes the server give up all prepared statements, as after a rollback."""
    manager = connection._prepared  # noqa: SLF001 -- nothing else tells; a test notices when it changes
    give_up = manager.clear

    def clear() -> bool:
        is_so: bool = give_up()
        if is_so:
            forget()
        return is_so

    manager.clear = clear


def _last(results: list[PGresult], connection: Any) -> PGresult:
    """Return the last result, which is that of the statement proper. Raises the first error among them."""
    for one in results:
        if one.status in _WRONG:
            raise errors.error_from_result(one, connection.info.encoding)
    return results[-1]


@lru_cache(maxsize=2048)
def _translated(sql: str) -> tuple[bytes, tuple[str, ...] | None]:
    """Return a statement with numbered places, and the names of its parameters in that order, if they have names."""
    names: dict[bytes, int] = {}
    places = 0

    def numbered(found: re.Match[bytes]) -> bytes:
        nonlocal places
        if found[3]:
            return b"%"
        if found[1]:
            return b"$%d" % names.setdefault(found[1], len(names) + 1)
        places += 1
        return b"$%d" % places

    text = _PLACE.sub(numbered, sql.encode())
    return text, tuple(name.decode() for name in names) or None


def _bound(sql: str, params: Params) -> tuple[bytes, Sequence[Any]]:
    if params is None:
        return sql.encode(), ()
    text, names = _translated(sql)
    if isinstance(params, Mapping):  # a statement need not name all of them, nor any
        return text, [params[name] for name in names or ()]
    return text, list(params)
