"""The bridge keeps the promises of both protocols, whatever the application or the client does."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bihuan.config.wsgi_bridge import WsgiApplication, WsgiBridge

LIMIT = 3_000_000


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


class Exchange:
    """One request and what came back."""

    def __init__(self, *pieces: bytes, method: str = "POST", hangs_up: bool = False) -> None:
        self.incoming: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
        ]
        last = "http.disconnect" if hangs_up else "http.request"
        self.incoming.append({"type": last, "body": b"", "more_body": False})
        self.sent: list[dict[str, Any]] = []
        self.takes = 10**9
        self.scope = {
            "type": "http",
            "method": method,
            "path": "/工单",
            "query_string": b"a=1",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("localhost", 8000),
            "client": ("127.0.0.1", 5),
            "headers": [
                (b"content-type", b"text/plain"),
                (b"content-length", b"999"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"x-real", b"yes"),
                (b"x_real", b"forged"),
            ],
        }

    async def receive(self) -> dict[str, Any]:
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        if len(self.sent) >= self.takes:
            raise OSError("gone")
        self.sent.append(message)

    def answered_by(self, wsgi: WsgiApplication, threads: ThreadPoolExecutor) -> "Exchange":
        bridge = WsgiBridge(wsgi, threads, max_body=LIMIT)
        asyncio.run(bridge(self.scope, self.receive, self.send))
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def test_a_body_in_pieces_arrives_whole(threads):
    exchange = Exchange(b"first ", b"second").answered_by(echo, threads)

    assert (exchange.status, exchange.body) == (200, b"first second")


def test_a_large_body_goes_through_a_file(threads):
    large = b"x" * 2_000_000

    assert Exchange(large).answered_by(echo, threads).body == large


def test_a_body_over_the_limit_is_refused_before_the_application_runs(threads):
    exchange = Exchange(b"x" * LIMIT, b"x").answered_by(_must_not_run, threads)

    assert exchange.status == 413


def test_a_client_that_hangs_up_while_sending_is_forgotten(threads):
    assert Exchange(b"half", hangs_up=True).answered_by(_must_not_run, threads).sent == []


def test_the_environment_says_what_the_request_said(threads):
    seen: dict[str, Any] = {}

    def look(environ, start_response):
        seen.update(environ)
        start_response("204 No Content", [])
        return []

    Exchange(b"body").answered_by(look, threads)

    assert seen["PATH_INFO"].encode("latin-1").decode() == "/工单"
    assert seen["QUERY_STRING"] == "a=1"
    assert seen["CONTENT_LENGTH"] == "4"
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_X_REAL"] == "yes"


def test_head_gets_the_headers_and_no_body(threads):
    exchange = Exchange(b"abc", method="HEAD").answered_by(echo, threads)

    assert exchange.sent[0]["headers"] == [(b"content-length", b"3")]
    assert exchange.body == b""


def test_a_small_answer_is_sent_in_one_piece(threads):
    assert len(Exchange(b"abc").answered_by(echo, threads).sent) == 2


def test_a_large_answer_is_sent_as_it_is_made(threads):
    def stream(environ, start_response):
        start_response("200 OK", [])
        return (b"x" * 100_000 for _ in range(10))

    exchange = Exchange().answered_by(stream, threads)

    assert len(exchange.body) == 1_000_000
    assert [message.get("more_body", False) for message in exchange.sent[1:]] == [True] * 3 + [
        False
    ]


def test_an_application_that_breaks_answers_500(threads):
    def breaks(environ, start_response):
        raise RuntimeError("unexpected")

    assert Exchange().answered_by(breaks, threads).status == 500


def test_an_answer_that_breaks_half_way_is_broken_off(threads):
    def breaks(environ, start_response):
        start_response("200 OK", [])
        yield b"x" * 600_000
        yield b"x" * 600_000
        raise RuntimeError("unexpected")

    exchange = Exchange().answered_by(breaks, threads)

    assert exchange.sent[-1]["more_body"] is True


def test_the_answer_is_closed_when_the_client_leaves(threads):
    closed = []

    class Answer:
        def __iter__(self):
            return (b"x" * 300_000 for _ in range(10))

        def close(self):
            closed.append(True)

    def stream(environ, start_response):
        start_response("200 OK", [])
        return Answer()

    exchange = Exchange()
    exchange.takes = 2
    exchange.answered_by(stream, threads)

    assert closed == [True]


def _must_not_run(environ, start_response):
    raise AssertionError
