"""`bihuan mail`: take mail over, sort it, send ours, and see what waits."""

import signal
import threading

import click
from django.conf import settings

from bihuan.config import console, mailing
from bihuan.domain.interactions import queries
from bihuan.domain.notifications import queries as notifications
from bihuan.integrations.email import imap, sorting, taking
from bihuan.kit import clock
from bihuan.kit.problems import Invalid


class MailNotSetUp(Invalid):
    """No mailbox is set up."""

    message = (
        "还没有设置邮箱：请设置 BIHUAN_MAILBOXES（见 docs/how-to/receive-and-answer-mail.md）。"
    )


@click.group()
def command() -> None:
    """E-mail: take over, sort, send, and see what waits."""


@command.command()
def serve() -> None:
    """Take mail over by LMTP and from IMAP mailboxes, and send letters, until stopped."""
    _must_be_set_up()
    mailing.serve_until(_stopped())


@command.command(name="sort")
def sort_() -> None:
    """Sort mails into cases until stopped. Several may run at once."""
    _must_be_set_up()
    mailing.sort_until(_stopped())


@command.command()
@click.option("--sort/--no-sort", default=True, show_default=True, help="Sort what is taken, too.")
@console.as_json
def poll(*, sort: bool, as_json: bool) -> None:
    """Look into the IMAP mailboxes once. Mails that were taken over are marked as read."""
    _must_be_set_up()
    taken = known = sorted_ = 0
    for server in mailing.polled():
        found = imap.poll(server, most_bytes=settings.MAIL_MOST_BYTES)
        taken, known = taken + found.taken, known + found.known
    while sort and sorting.sort_next():
        sorted_ += 1
    keys = {"taken": taken, "known": known, "sorted": sorted_}
    text = f"收取 {taken} 封，重复 {known} 封，分拣 {sorted_} 封"
    console.report(keys, text, as_json=as_json)


@command.command()
@console.as_json
def status(*, as_json: bool) -> None:
    """Tell how many mails wait to be sorted, and how many letters to be sent."""
    waiting = queries.mail_waiting()
    keys = {
        "to_sort": waiting.waiting,
        "failing": waiting.failing,
        "oldest": waiting.oldest,
        "to_send": notifications.letters_waiting("EMAIL", clock.now()),
        "held": notifications.letters_held("EMAIL"),
        "withheld": notifications.letters_withheld("EMAIL"),
    }
    text = (
        f"待分拣 {keys['to_sort']} 封（其中分拣失败、稍后再试 {keys['failing']} 封），"
        f"待发送 {keys['to_send']} 封，等免打扰结束 {keys['held']} 封，客户未同意、不发 {keys['withheld']} 封"
    )
    console.report(keys, text, as_json=as_json)


@command.command()
@click.option(
    "--size", type=console.COUNT, default=50, show_default=True, help="How many, newest first."
)
def aside(size: int) -> None:
    """List mails that were set aside: automatic replies and returns that belong to no case."""
    for one in queries.set_aside(size=size):
        first = " ".join(one.text.split())[:60]
        click.echo(
            f"{one.at:%Y-%m-%d %H:%M} {one.nature} {one.party_address} {one.subject} {first}"
        )


def _must_be_set_up() -> None:
    if not taking.mailboxes():
        raise MailNotSetUp


def _stopped() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop
