"""A connection's straight line to the server: `begin` travels with the first statement, a write with `commit`.

psycopg makes values and rows of what is sent and received, as for its own cursors; what is left out is what a cursor
does around that, and the round trips that `begin` and `commit` would take by themselves (decision 0106).
"""

import re
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
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
        # For each result under way: what will be prepared once it says so.
        self._owed: list[_Message | None] = []
        _when_all_are_given_up(self._connection, self._names.clear)
        self._stand_before_psycopg()
        self._inbox = select.poll()
        self._inbox.register(self._pg.socket, select.POLLIN)
        self._both = select.poll()
        self._both.register(self._pg.socket, select.POLLIN | select.POLLOUT)

    def rows(self, sql: str, params: Params) -> list[Row]:
        """Run a query and return its rows. Raises what psycopg raises."""
        result = self._run(sql, params)
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def rows_of(self, *statements: tuple[str, Params]) -> list[list[Row]]:
        """Run queries one after the other in one round trip and return the rows of each. Raises what psycopg raises."""
        with self._connection.lock:
            messages = [self._message(sql, params) for sql, params in statements]
            with self._unbroken():
                before = [self._push(message) for message in messages]
                results = self._settle()
            _last(results, self._connection)
        found = []
        for place in before:
            self._values.set_pgresult(results[place])
            found.append(self._values.load_rows(0, results[place].ntuples, tuple))
        return found

    def touched(self, sql: str, params: Params) -> int:
        """Run a statement and return how many rows it touched or found. Raises what psycopg raises."""
        return self._run(sql, params).command_tuples or 0

    def send(self, sql: str, params: Params) -> None:
        """Send a statement of a transaction without waiting for its end; the server works on it meanwhile.

        What goes wrong is raised by the next statement or by `commit`, whichever comes first.
        """
        with self._connection.lock:
            message = self._message(sql, params)
            with self._unbroken():
                self._push(message)
                if self._connection.autocommit:
                    _last(self._settle(), self._connection)
                else:
                    self._pg.flush()

    def _run(self, sql: str, params: Params) -> PGresult:
        with self._connection.lock:
            message = self._message(sql, params)
            with self._unbroken():
                if self._owed or message.is_new or self._begins():
                    self._push(message)
                    results = self._settle()
                else:
                    self._send(message)
                    results = self._receive()
        return _last(results, self._connection)

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        """Close the connection when a wait is broken off: an answer on its way would be taken for another's."""
        try:
            yield
        except psycopg.Error:
            raise
        except BaseException:
            with suppress(Exception):
                self._connection.cancel_safe(timeout=PATIENCE)
            self._pg.finish()
            raise

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

    def _begins(self) -> bool:
        return not self._connection.autocommit and self._pg.transaction_status == _IDLE

    def _push(self, message: _Message) -> int:
        """Put a statement on its way, after what must come before it; return the place of its result."""
        begins = self._begins()
        if not self._owed:
            self._pg.enter_pipeline_mode()
        try:
            if begins:
                self._put(b"begin")
            if message.is_new:
                self._pg.send_prepare(message.name, message.text, message.types)
                self._owed.append(message)
            self._send(message)
            self._owed.append(None)
        finally:
            if not self._owed:  # libpq would not have it: too many values
                self._pg.exit_pipeline_mode()
        return len(self._owed) - 1

    def _put(self, word: bytes) -> None:
        self._pg.send_query_params(word, None)
        self._owed.append(None)

    def _settle(self) -> list[PGresult]:
        """Return the results of all that is under way."""
        owed, self._owed = self._owed, []
        self._pg.pipeline_sync()
        results = self._receive(until_sync=True)
        self._pg.exit_pipeline_mode()
        # Prepared is prepared, whatever came of it and of the transaction.
        for made, result in zip(owed, results, strict=True):
            if made is not None and made.name and result.status == ExecStatus.COMMAND_OK:
                self._names[made.text, made.types] = made.name
        return results

    # ------------------------------------------------------------ psycopg's own statements
    def _stand_before_psycopg(self) -> None:
        """Let psycopg's statements, `commit` and `rollback` come after what is under way."""
        connection = self._connection
        wait, commit, rollback = connection.wait, connection.commit, connection.rollback

        def waiting(*args: Any, **options: Any) -> Any:
            trouble = self._trouble_under_way() if self._owed else None
            if trouble is None:
                return wait(*args, **options)
            # Going back to a savepoint heals it; whatever else is said now is said in vain.
            with suppress(psycopg.Error):
                found = wait(*args, **options)
                if self._pg.transaction_status == TransactionStatus.INTRANS:
                    return found
            raise trouble

        def committing() -> None:
            with connection.lock:
                if self._owed:
                    with self._unbroken():
                        self._put(b"commit")
                        _last(self._settle(), connection)
                    return
            commit()

        def rolling_back() -> None:
            with connection.lock:
                if self._owed:
                    with self._unbroken():
                        self._settle()
            rollback()

        connection.wait, connection.commit, connection.rollback = waiting, committing, rolling_back

    def _trouble_under_way(self) -> psycopg.Error | None:
        with self._unbroken():
            return _trouble(self._settle(), self._connection)

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
                if pg.status != ConnStatus.OK:
                    raise psycopg.OperationalError(pg.get_error_message())
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
    if trouble := _trouble(results, connection):
        raise trouble
    return results[-1]


def _trouble(results: list[PGresult], connection: Any) -> psycopg.Error | None:
    wrong = next((one for one in results if one.status in _WRONG), None)
    return errors.error_from_result(wrong, connection.info.encoding) if wrong else None


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
