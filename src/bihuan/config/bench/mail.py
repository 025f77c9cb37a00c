"""`bihuan bench mail`: how many mails a second become cases, and whether any is lost.

In a database of its own with the pack `complaint`, the mail programs run as in production: one that takes over by
LMTP and sends nothing, and sorters. Several senders hand over mails of the kinds that come: plain and HTML, utf-8 and
gb18030, some with a photo, each from a sender of its own. Measured is the time from the first mail until the last is a
case with its interaction and its acknowledgement.
"""

import base64
import os
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
from django.conf import settings

from bihuan.config import console, serving
from bihuan.config.bench.clocks import scratch_database, url_of
from bihuan.kit.problems import Refused

OURS = "service@bench.test"
PACK = "complaint"
PATIENCE = 600.0
WARM_UP = 20

_SETTLED = """
select count(*) filter (where state = 'SORTED'), count(*) from interactions_delivery
"""
_CASES = """
select count(*) from cases_case c where channel = 'EMAIL'
    and exists (select from interactions_interaction i
        where i.root = 'case:' || c.id and i.direction = 'IN')
    and exists (select from notifications_letter l where l.key = 'case:' || c.id || ':received')
"""


class MailBenchFailed(Refused):
    """A program of the measurement failed or did not do its work in time."""

    status = 500
    message = "测量所用的进程没有按时完成，请查看其输出。"


@dataclass(frozen=True)
class Load:
    """How many mails, handed over by how many senders at once, sorted by how many programs."""

    mails: int
    senders: int
    sorters: int


@click.command()
@click.option("--mails", default=2000, show_default=True, help="Mails.")
@click.option("--senders", default=4, show_default=True, help="Senders at once.")
@click.option("--sorters", default=2, show_default=True, help="Programs that sort.")
@console.as_json
def command(mails: int, senders: int, sorters: int, *, as_json: bool) -> int:
    """Hand mails over by LMTP until all are cases."""
    keys = measure(Load(mails, senders, sorters))
    console.report(keys, as_json=as_json)
    return 0 if keys["lost"] == 0 else 1


def measure(load: Load) -> dict[str, float]:
    """Return mails a second until the last is a case, mails a second taken over, and how many were lost."""
    with ExitStack() as stack:
        conninfo = stack.enter_context(scratch_database())
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bihuan-bench-mail-")))
        port = _free_port()
        environment = _environment(conninfo, home, port)
        _installed(environment)
        for what in ("serve", *["sort"] * load.sorters):
            stack.enter_context(_running(environment, what))
        watch = stack.enter_context(psycopg.connect(conninfo, autocommit=True))
        _wait_until_open(port)
        _hand_over(port, range(WARM_UP), 1)
        _wait_until_sorted(watch, WARM_UP)
        began = time.monotonic()
        _hand_over(port, range(WARM_UP, WARM_UP + load.mails), load.senders)
        taken_over = time.monotonic() - began
        _wait_until_sorted(watch, WARM_UP + load.mails)
        seconds = time.monotonic() - began
        cases = _one(watch, _CASES)[0]
    return {
        "mails": load.mails,
        "seconds": round(seconds, 2),
        "mails_per_s": round(load.mails / seconds, 1),
        "taken_over_per_s": round(load.mails / taken_over, 1),
        "lost": WARM_UP + load.mails - cases,
    }


def mail(number: int) -> bytes:
    """Return one mail of the kinds that come; every number another sender and another matter."""
    label, coding = (("utf-8", "utf-8"), ("gb2312", "gb18030"), ("gbk", "gb18030"))[number % 3]
    words = (
        f"您好，我家住人民路{number}号，{number % 7 + 1} 天前报修的水管还在漏水，没有人上门。\n"
        "请尽快安排，电话随时可以打。\n\n发自我的iPhone\n\n"
        "------------------ 原始邮件 ------------------\n发件人: 客服\n旧的内容\n"
    )
    name = base64.b64encode(f"漏水报修第{number}件".encode(coding)).decode()
    head = (
        f"From: bench{number} <bench{number}@customer.test>\r\nTo: {OURS}\r\n"
        f"Subject: =?{label}?B?{name}?=\r\nMessage-ID: <{number}.{os.getpid()}@customer.test>\r\n"
        f"Date: Mon, 2 Mar 2026 09:00:00 +0800\r\nMIME-Version: 1.0\r\n"
    )
    return head.encode() + _body(number, label, words.encode(coding))


def _body(number: int, label: str, words: bytes) -> bytes:
    text = f"Content-Type: text/plain; charset={label}\r\n\r\n".encode() + words
    if number % 10 == 0:
        photo = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + number.to_bytes(4) + bytes(30_000))
        file = b"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return _parts("mixed", text, file + photo)
    if number % 2 == 0:
        page = b"<html><body>" + b"<div>" + words.replace(b"\n", b"<br>") + b"</div></body></html>"
        html = f"Content-Type: text/html; charset={label}\r\n\r\n".encode() + page
        return html if number % 4 == 0 else _parts("alternative", text, html)
    return text


def _parts(kind: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="x"\r\n\r\n'.encode()
    return head + b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def _hand_over(port: int, numbers: range, senders: int) -> None:
    failures: list[Exception] = []

    def work(mine: range) -> None:
        try:
            with smtplib.LMTP("127.0.0.1", port) as client:
                for number in mine:
                    client.sendmail(f"bench{number}@customer.test", [OURS], mail(number))
        except (OSError, smtplib.SMTPException) as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=work, args=(numbers[first::senders],)) for first in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise MailBenchFailed from failures[0]


def _environment(conninfo: str, home: Path, port: int) -> dict[str, str]:
    elsewhere = ("BIHUAN_MAIL_SMTP", "BIHUAN_MAIL_IMAP")  # nothing is sent, nothing is fetched
    kept = {key: value for key, value in os.environ.items() if key not in elsewhere}
    return kept | {
        "DATABASE_URL": url_of(conninfo),
        "BIHUAN_HOME": str(home),
        "BIHUAN_MAILBOXES": f"{OURS}={PACK}",
        "BIHUAN_MAIL_LMTP": f"127.0.0.1:{port}",
        "BIHUAN_LOG_LEVEL": "WARNING",
    }


def _installed(environment: dict[str, str]) -> None:
    folder = Path(settings.ROOT) / "packs" / PACK
    command = [*serving.COMMAND, "pack", "install", str(folder)]
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        raise MailBenchFailed


@contextmanager
def _running(environment: dict[str, str], what: str) -> Iterator[None]:
    program = subprocess.Popen([*serving.COMMAND, "mail", what], env=environment)
    try:
        yield
    finally:
        program.terminate()
        program.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(port: int) -> None:
    since = time.monotonic()
    while time.monotonic() - since < PATIENCE:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise MailBenchFailed


def _wait_until_sorted(watch: psycopg.Connection, mails: int) -> None:
    since = time.monotonic()
    while _one(watch, _SETTLED) != (mails, mails):
        if time.monotonic() - since > PATIENCE:
            raise MailBenchFailed
        time.sleep(0.05)


def _one(watch: psycopg.Connection, sql: str) -> tuple[int, ...]:
    row = watch.execute(sql.encode()).fetchone()
    return tuple(row) if row else (0, 0)
