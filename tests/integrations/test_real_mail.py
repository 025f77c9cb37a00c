"""Ten kinds of real-life mail through a real postfix and dovecot, each to its right end; none lost, ever."""

import base64
import shutil
import tempfile
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from bihuan.config.scratch import scratch_database
from bihuan.domain.attachments.models import Attachment
from bihuan.domain.cases import actions
from bihuan.domain.cases.models import Case
from bihuan.domain.interactions.models import Delivery, Interaction
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications.models import Letter
from bihuan.domain.packs.actions import install_pack
from bihuan.kit import clock
from tests.integrations.mail_servers.servers import OURS, MailServers, until, why_not
from tests.integrations.mail_servers.service import MAILBOXES, MailService, database_away
from tests.packs import shipped

pytestmark = [
    pytest.mark.timeout(300),  # starts servers, on machines however busy
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "they are here"),
]
SERVICE = f"service@{OURS}"
# Longer than what is asked for: "none lost when the database is down for 30 s".
AWAY_SECONDS = 30
BIG = 30 * 1024 * 1024


@pytest.fixture(scope="module")
def mail(django_db_setup, django_db_blocker) -> Iterator[MailService]:
    base = Path(tempfile.mkdtemp(prefix="bihuan-mail-"))
    base.chmod(0o755)  # postfix and dovecot are other users and must pass through
    (base / "home").mkdir()
    servers = MailServers(base / "servers")
    ours = override_settings(MAILBOXES=MAILBOXES)
    with django_db_blocker.unblock(), scratch_database("mail"), ours:
        for key in ("base", "complaint"):
            install_pack(shipped.pack(key), by=SYSTEM, at=clock.now())
        made = MailService(servers, base / "home")
        try:
            servers.start()
            made.start()
            yield made
        finally:
            made.stop()
            servers.stop()
            shutil.rmtree(base, ignore_errors=True)


def letter(who: str, subject: str, *headers: str, body: str = "", number: int = 1) -> bytes:
    """A mail as a customer's client writes it, in utf-8."""
    head = [
        f"From: {who} <{who}@customer.test>",
        f"To: {SERVICE}",
        f"Subject: {subject}",
        f"Message-ID: <{who}.{number}@customer.test>",
        "Date: Mon, 2 Mar 2026 09:00:00 +0800",
        "MIME-Version: 1.0",
        *headers,
    ]
    if not any(one.lower().startswith("content-type") for one in headers):
        head += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body.encode()


class Customer:
    """Somebody who writes to us, and reads what comes back."""

    def __init__(self, mail: MailService, name: str) -> None:
        self.mail, self.name, self.sent = mail, name, 0

    @property
    def address(self) -> str:
        return f"{self.name}@customer.test"

    def send(self, original: bytes, *, to: str = SERVICE, sender: str | None = None) -> None:
        sender = self.address if sender is None else sender
        self.mail.servers.send(original, sender=sender, to=to)

    def write(self, subject: str, body: str, *headers: str) -> None:
        self.sent += 1
        self.send(letter(self.name, subject, *headers, body=body, number=self.sent))

    def case(self) -> Case:
        """Return the case of the first mail, once it is there."""
        mine = Case.objects.filter(customer__contacts__value=self.address)
        until(mine.exists, what=lambda: f"a case of {self.name}\n{self.mail.state()}")
        return mine.order_by("id")[0]

    def got(self, count: int = 1) -> list[tuple[str, str, str]]:
        """Return id, subject and text of what came back, once there are so many."""
        box = self.mail.servers.inbox
        until(lambda: len(box(self.address)) >= count, what=f"mail to {self.name}")
        found = [message_from_bytes(one) for one in box(self.address)]
        return [
            (
                str(one["Message-ID"]),
                str(make_header(decode_header(str(one["Subject"])))),
                (one.get_payload(decode=True) or b"").decode(),  # type: ignore[union-attr]
            )
            for one in found
        ]

    def answer(self, text: str, *headers: str) -> None:
        """Answer what came back last."""
        message_id, subject, _ = self.got()[-1]
        self.write(f"Re: {subject}", text, f"In-Reply-To: {message_id}", *headers)

    def outcomes(self, count: int) -> list[tuple[str, str, bool]]:
        """Return nature, outcome and "in the first case" of what came from this customer, oldest first."""
        mine = Interaction.objects.filter(party_address=self.address, direction="IN").order_by("id")
        until(
            lambda: mine.count() >= count,
            what=lambda: f"{count} of {self.name}\n{self.mail.state()}",
        )
        first = f"case:{self.case().pk}"
        return [(one.nature, one.outcome, one.root == first) for one in mine]


OPENED, ADDED = ("WRITTEN", "OPENED", True), ("WRITTEN", "ADDED", True)


def test_ten_kinds_of_mail_come_to_their_right_end(mail):  # noqa: PLR0915 -- ten kinds, one set of servers
    def person(name: str) -> Customer:
        return Customer(mail, name)

    # All first mails are under way at once; then each kind goes on from what came back.
    charsets, quotes, away, forger = person("wang"), person("li"), person("zhao"), person("eve")
    big, merged, twice, gone = person("sun"), person("zhou"), person("wu"), person("gone")
    bare, closed = person("qian"), person("zheng")
    for one in (quotes, away, merged, gone, closed):
        one.write("小区停水", "停水两天了。")
    # 1. Called gb2312, really gb18030; subject in raw bytes, as some clients still send it.
    head = letter("wang", "SUBJECT", "Content-Type: text/plain; charset=gb2312")
    name, words = "电梯坏了（朱镕基路）", "电梯坏了，老人困在里面：镕、喆、㙍。"
    charsets.send(head.replace(b"SUBJECT", name.encode("gb18030")) + words.encode("gb18030"))
    # 5. Thirty megabytes.
    piece = base64.encodebytes(b"%PDF-" + bytes(BIG)).replace(b"\n", b"\r\n")
    parts = letter("sun", "漏水照片", "Content-Type: multipart/mixed; boundary=x")
    parts += b"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "楼上漏水。".encode()
    parts += b"\r\n--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    parts += b"Content-Disposition: attachment; filename*=gb2312''%D5%D5%C6%AC.pdf\r\n\r\n"
    big.send(parts + piece + b"--x--\r\n")
    # 7. The same mail, delivered twice.
    for _ in range(2):
        twice.send(letter("wu", "路灯不亮", body="三天不亮。"))
    # 9. No subject, no words but HTML, and a photo named in RFC 2231.
    photo = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(64))
    html = letter("qian", "", "Content-Type: multipart/mixed; boundary=x")
    html += b"--x\r\nContent-Type: text/html; charset=gbk\r\n\r\n"
    html += "<p>井盖丢了</p><script>bad()</script>".encode("gbk")
    html += b"\r\n--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    html += b"Content-Disposition: attachment; filename*=utf-8''%E4%BA%95%E7%9B%96.png\r\n\r\n"
    bare.send(html + photo + b"\r\n--x--\r\n")

    assert charsets.outcomes(1) == [OPENED]
    assert charsets.case().title == name
    assert charsets.case().description == words
    [(_, subject, text)] = charsets.got()
    assert subject == f"[{charsets.case().number}] 已受理：{name}"
    assert f"工单编号：{charsets.case().number}" in text

    # 2. An answer with the old mail below it, as QQ邮箱 quotes.
    quotes.answer(
        "还是没有水。\n\n------------------ 原始邮件 ------------------\n发件人: x\n旧文\n"
    )
    # 3. A machine answers our acknowledgement: kept, and not answered again.
    away.answer("我正在休假。", "Auto-Submitted: auto-replied")
    # 4. A stranger writes another's number into the subject.
    forger.write(f"[{quotes.case().number}] 这个工单怎么样了", "告诉我地址。")
    # 6. An answer to a case that was merged into another.
    into = quotes.case().pk
    merged.got()
    actions.merge_case(
        case_id=merged.case().pk, into_id=into, reason="同一件事", by=SYSTEM, at=clock.now()
    )
    merged.answer("还有三号楼。")
    # 8. Our answer comes back: the mailbox is gone.
    actions.write_to_customer(
        case_id=gone.case().pk, text="明天恢复供水。", by=SYSTEM, at=clock.now()
    )
    # 10. An answer to a case that is closed.
    closed.got()
    own = Actor(f"customer:{closed.case().customer_id}")
    actions.withdraw_case(case_id=closed.case().pk, reason="来水了", by=own, at=clock.now())
    closed.answer("又停水了。")

    assert quotes.outcomes(2) == [OPENED, ADDED]
    said = Interaction.objects.filter(party_address=quotes.address, outcome="ADDED").get()
    assert (said.text, "旧文" in said.quoted) == ("还是没有水。", True)
    assert away.outcomes(2) == [OPENED, ("AUTO_REPLY", "ADDED", True)]
    assert forger.outcomes(1) == [OPENED]
    assert (
        "发件人不是该工单的客户"
        in Interaction.objects.get(party_address=forger.address, direction="IN").remark
    )
    assert merged.outcomes(2) == [OPENED, ("WRITTEN", "ADDED", False)]
    assert Interaction.objects.get(root=f"case:{into}", text="还有三号楼。")
    assert twice.outcomes(1) == [OPENED]
    assert bare.outcomes(1) == [OPENED]
    assert (bare.case().title, bare.case().description) == ("井盖丢了", "井盖丢了")
    assert Attachment.objects.get(root=f"case:{bare.case().pk}").name == "井盖.png"
    assert closed.outcomes(2) == [OPENED, ("WRITTEN", "REOPENED", True)]
    assert (closed.case().state, closed.case().reopen_count) == ("OPEN", 1)
    assert "已重新办理" in closed.got(2)[-1][1]
    returned = Fact.objects.filter(root=f"case:{gone.case().pk}", name="letter.returned")
    until(returned.exists, what="the return of our letter")
    assert Letter.objects.filter(root=f"case:{gone.case().pk}", state="RETURNED").exists()
    assert big.outcomes(1) == [OPENED]
    assert "照片.pdf（30.0 MB）：文件超过 20 MB" in big.got()[-1][2]
    assert Case.objects.filter(title="路灯不亮").count() == 1
    assert len(away.got()) == 1, "a machine was answered"


def test_none_is_lost_while_the_database_is_away_for_half_a_minute(mail):
    """postfix and the IMAP mailbox keep what comes meanwhile; afterwards every mail is a case, once."""
    began = time.monotonic()
    with database_away():
        for number in range(20):
            who = Customer(mail, f"away{number}")
            to = SERVICE if number % 4 else f"poll@{OURS}"
            who.send(letter(who.name, f"停电 {number}", body="没有电。"), to=to)
            time.sleep(AWAY_SECONDS / 20)
        held, unread = mail.servers.queued(), mail.servers.unread(f"poll@{OURS}")
        away_for = time.monotonic() - began
    connection.close()

    assert away_for >= AWAY_SECONDS
    assert (held, unread) == (15, 5)
    assert "451 4.3.0" in mail.servers.log()
    cases = Case.objects.filter(title__startswith="停电 ")
    until(lambda: cases.count() >= 20, what=lambda: f"{cases.count()} cases\n{mail.state()}")
    until(
        lambda: mail.servers.queued() == 0 and mail.servers.unread(f"poll@{OURS}") == 0,
        what=mail.state,
    )
    assert sorted(case.title for case in cases) == sorted(f"停电 {n}" for n in range(20))
    assert not Delivery.objects.filter(state="WAITING").exists()
