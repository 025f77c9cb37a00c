"""Runs a WSGI application inside an ASGI server, with one hop to a thread for each request.

The body is read on the event loop, in memory or, when large, in a temporary file; so a slow upload
holds no thread. The application runs from start to end in one thread, because Django's database
connections belong to threads. Small answers are sent in one piece, large ones as they are made.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from typing import IO, Any, cast

from bihuan.config.asgi_types import Receive, Scope, Send

log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Callable[[bytes], None]]
WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_IN_MEMORY = 1_048_576
_PIECE = 262_144
_SEND_PATIENCE = 120.0
_BODYLESS = {204, 304}
_USUALLY_EMPTY = {"GET", "HEAD"}


class BodyTooLarge(Exception):
    """The request's body exceeds what we accept."""


class ClientGone(Exception):
    """The client hung up before it had sent everything, or takes nothing any more."""


class WsgiBridge:
    """An ASGI application that answers with a WSGI application."""

    def __init__(self, wsgi: WsgiApplication, threads: Executor, *, max_body: int) -> None:
        self._wsgi = wsgi
        self._threads = threads
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing an application does ends the server."""
        try:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
                # Asking for a body that never comes costs a turn of the loop and a hop to the server's thread.
                size = await self._read(receive, body) if _has_body(scope) else 0
                environ = environ_of(scope, cast("IO[bytes]", body), size)
                loop = asyncio.get_running_loop()
                answer = _Answer(environ["REQUEST_METHOD"], send, loop)
                await loop.run_in_executor(self._threads, answer.give, self._wsgi, environ)
                await answer.finish()
        except BodyTooLarge:
            await _send_plain(send, 413, "上传的内容太大。")
        except ClientGone:
            return

    async def _read(self, receive: Receive, body: "tempfile.SpooledTemporaryFile[bytes]") -> int:
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._max_body:
                raise BodyTooLarge
            body.write(piece)
            more = message.get("more_body", False)
        body.seek(0)
        return size


class _Answer:
    """Takes what the application gives, in its thread, and sends it, on the event loop."""

    def __init__(self, method: str, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._send = send
        self._loop = loop
        self._method = method
        self._status = 500
        self._headers: Headers = []
        self._started = False
        self._rest = b""

    def give(self, wsgi: WsgiApplication, environ: dict[str, Any]) -> None:
        """Run the application; called in a thread."""
        result: Iterable[bytes] = ()
        try:
            result = wsgi(environ, self._start_response)
            self._take(result)
        except ClientGone:
            log.info("client gone: %s", environ["PATH_INFO"])
            raise
        except Exception:
            log.exception("request failed outside Django: %s", environ["PATH_INFO"])
            if self._started:
                raise ClientGone from None  # breaking off is the only way to say so now
            self._status = 500
            self._headers = [("Content-Type", "text/plain; charset=utf-8")]
            self._rest = "服务出错了，请稍后再试。".encode()
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    async def finish(self) -> None:
        """Send what has not been sent yet; called on the event loop."""
        if not self._started:
            await self._send(self._head())
        await self._send({"type": "http.response.body", "body": self._rest})

    def _start_response(
        self, status: str, headers: Headers, _exc_info: object = None
    ) -> Callable[[bytes], None]:
        self._status = int(status.split(" ", 1)[0])
        self._headers = headers
        return _no_write

    def _take(self, result: Iterable[bytes]) -> None:
        if self._method == "HEAD" or self._status in _BODYLESS:
            return
        pieces = _joined(result)
        self._rest = next(pieces, b"")
        for following in pieces:
            self._send_now(self._rest)
            self._rest = following

    def _send_now(self, piece: bytes) -> None:
        """Send a piece and wait until it is taken, so that a large answer never piles up."""
        sending = asyncio.run_coroutine_threadsafe(self._send_piece(piece), self._loop)
        try:
            sending.result(_SEND_PATIENCE)
        except Exception as problem:
            sending.cancel()
            raise ClientGone from problem

    async def _send_piece(self, piece: bytes) -> None:
        if not self._started:
            self._started = True
            await self._send(self._head())
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    def _head(self) -> dict[str, Any]:
        return {
            "type": "http.response.start",
            "status": self._status,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in self._headers
            ],
        }


def environ_of(scope: Scope, body: IO[bytes], size: int) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333)."""
    host, port = (scope.get("server") or ("localhost", 80))[:2]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    _add_headers(environ, scope["headers"])
    return environ


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name == "content-length" or "_" in name:
            # We counted the body ourselves; and `X_Y` must not pass for `X-Y`.
            continue
        else:
            key = "HTTP_" + name.upper().replace("-", "_")
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join small pieces into larger ones, so that each costs one hop to the event loop."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("return the body; write() is not offered")


def _has_body(scope: Scope) -> bool:
    """Tell whether a request brings a body (RFC 9112 §6); in HTTP/2 one may come without being announced."""
    if scope["method"] not in _USUALLY_EMPTY:
        return True
    announcing = {b"content-length", b"transfer-encoding"}
    return scope["http_version"][0] != "1" or any(
        name in announcing for name, _ in scope["headers"]
    )


async def _send_plain(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})
