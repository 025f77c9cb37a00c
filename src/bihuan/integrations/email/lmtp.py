"""The LMTP server: postfix hands mails over, and keeps each until we have written it down.

While the database is away the answer is 451 (try again): postfix keeps the mail in its own queue. Nothing is
ever taken over into memory only.
"""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from django.db import DatabaseError, InterfaceError, connections

from bihuan.integrations.email import taking
from bihuan.kit import clock

log = logging.getLogger(__name__)

THREADS = 4
LONGEST_LINE = 1 << 20
IDLE_SECONDS = 300.0
LATER = "451 4.3.0 mail store is away, try again later"
TAKEN = "250 2.0.0 taken"
UNKNOWN = "550 5.1.1 no such mailbox here"


class Listener(LMTP):
    """LMTP with lines as long as real mail has them."""

    line_length_limit = LONGEST_LINE


class Handler:
    """What is done at each step of a delivery."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    async def handle_RCPT(  # noqa: N802 -- the library's name
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take mail for our own addresses only."""
        if not taking.is_ours(address):
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: LMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Write the mail down, then say so: one answer for each recipient, as LMTP wants it."""
        content = envelope.original_content or b""
        loop = asyncio.get_running_loop()
        said = await loop.run_in_executor(
            self._pool, _write_down, content, envelope.mail_from or "", envelope.rcpt_tos[0]
        )
        return "\r\n".join([said] * len(envelope.rcpt_tos))


def _write_down(content: bytes, sender: str, recipient: str) -> str:
    try:
        new = taking.take_over(content, sender=sender, recipient=recipient, at=clock.now())
    except (DatabaseError, InterfaceError) as problem:
        log.warning("a mail stays with its sender, the database is away: %s", problem)
        with suppress(DatabaseError, InterfaceError):
            connections["default"].close()
        return LATER
    except Exception:
        log.exception("a mail stays with its sender, it could not be written down")
        return LATER
    if not new:
        log.info("a mail came again and changes nothing")
    return TAKEN


class Server:
    """Listens until it is closed; belongs to one running event loop."""

    def __init__(self, place: tuple[str, int] | str, *, most_bytes: int) -> None:
        self._place = place
        self._most_bytes = most_bytes
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lmtp")
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        if isinstance(self._place, str):
            path = Path(self._place)
            path.unlink(missing_ok=True)
            self._server = await loop.create_unix_server(self._protocol, self._place)
            path.chmod(0o666)  # postfix is another user; who may pass the folder may deliver
        else:
            self._server = await loop.create_server(self._protocol, *self._place)
        log.info("mail is taken over at %s", self._place)

    async def close(self) -> None:
        """Listen no longer; what is being written down is finished."""
        if self._server is not None:
            self._server.close()
            with suppress(OSError):
                await asyncio.wait_for(self._server.wait_closed(), 5)
        self._pool.shutdown(wait=True)
        if isinstance(self._place, str):
            Path(self._place).unlink(missing_ok=True)

    def _protocol(self) -> LMTP:
        return Listener(
            Handler(self._pool),
            data_size_limit=self._most_bytes,
            enable_SMTPUTF8=True,
            hostname=os.uname().nodename,
            ident="bihuan",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
