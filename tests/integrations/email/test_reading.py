"""Real-life mail, read: charsets that lie, broken headers, quotations of Chinese clients, machines."""

import base64
from email.header import Header
from email.message import EmailMessage

import pytest

from bihuan.integrations.email import decoding, markup, quotes, reading
from bihuan.integrations.email.reading import Envelope

FROM_ADA = Envelope("ada@customer.test", "service@bihuan.test")
ROAD = "人民路口的路灯不亮，已经三天了，请尽快修理。"


def raw(*headers: str, body: bytes = b"", charset: str = "utf-8", encoding: str = "8bit") -> bytes:
    head = [
        "From: Ada <ada@customer.test>",
        "To: service@bihuan.test",
        "Message-ID: <1@customer.test>",
        "Date: Mon, 2 Mar 2026 09:00:00 +0800",
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
        *headers,
    ]
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + body


def words(coding: str, label: str, text: str) -> str:
    return f"=?{label}?B?{base64.b64encode(text.encode(coding)).decode()}?="


@pytest.mark.parametrize(
    ("label", "really"),
    [
        *(("gb2312", "gb2312"), ("gb2312", "gb18030"), ("gb2312", "utf-8"), ("GBK", "gb18030")),
        *(("utf-8", "gb18030"), ("us-ascii", "gb18030"), ("iso-8859-1", "utf-8"), ("", "gb18030")),
        *(("big5", "gb18030"), ("no-such-charset", "gb18030"), ("unknown-8bit", "utf-8")),
        *(('"gb2312"', "gb18030"), ("gb18030", "gb18030"), ("iso-8859-1", "gb18030")),
    ],
)
def test_a_text_is_read_whatever_its_label_says(label, really):
    text = ROAD + ("镕喆㙍" if really == "gb18030" else "")

    assert decoding.text_of(text.encode(really), label) == text


def test_big5_is_read():
    assert decoding.text_of("路燈不亮，請儘快修理".encode("big5"), "big5") == "路燈不亮，請儘快修理"


def test_a_text_cut_in_the_middle_of_a_letter_loses_that_letter_only():
    found = decoding.text_of("路灯不亮".encode("gb18030")[:-1], "gb2312")

    assert found.startswith("路灯不")


@pytest.mark.parametrize(
    "subject",
    [
        words("gb18030", "gb2312", "路灯不亮"),
        words("utf-8", "gb2312", "路灯不亮"),
        words("utf-8", "UTF-8", "路灯不亮").replace("=?=", "?="),
        "=?utf-8?q?=E8=B7=AF=E7=81=AF=E4=B8=8D=E4=BA=AE?=",
        "=?gb2312?Q?=C2=B7=B5=C6=B2=BB=C1=C1?=",
    ],
)
def test_a_subject_of_encoded_words_is_read(subject):
    assert reading.read(raw(f"Subject: {subject}"), FROM_ADA).subject == "路灯不亮"


def test_a_letter_cut_in_two_by_encoded_words_is_put_together():
    coded = "路灯不亮".encode()
    halves = [base64.b64encode(part).decode() for part in (coded[:4], coded[4:])]

    assert decoding.header(f"=?utf-8?B?{halves[0]}?=\r\n =?utf-8?B?{halves[1]}?=") == "路灯不亮"


def test_an_encoded_word_without_its_padding_is_read():
    word = base64.b64encode("路灯不亮了".encode("gb18030")).decode().rstrip("=")

    assert decoding.header(f"Re: =?gb2312?B?{word}?=") == "Re: 路灯不亮了"


@pytest.mark.parametrize("coding", ["utf-8", "gb18030"])
def test_a_subject_of_raw_bytes_is_read(coding):
    original = raw("Subject: SUBJECT").replace(b"SUBJECT", "路灯不亮".encode(coding))

    assert reading.read(original, FROM_ADA).subject == "路灯不亮"


def test_a_name_with_a_comma_inside_is_one_sender():
    original = raw().replace(
        b"Ada <ada@", words("gb18030", "gb2312", "客服部,张三").encode() + b" <ada@"
    )

    found = reading.read(original, FROM_ADA)

    assert (found.party_name, found.party_address) == ("客服部,张三", "ada@customer.test")


def test_without_from_the_envelope_says_who():
    original = raw().replace(b"From: Ada <ada@customer.test>\r\n", b"")

    assert reading.read(original, FROM_ADA).party_address == "ada@customer.test"


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=gb2312''%CF%D6%B3%A1%D5%D5%C6%AC.png",
        "attachment; filename*0*=utf-8''%E7%8E%B0%E5%9C%BA; filename*1*=%E7%85%A7%E7%89%87.png",
        f'attachment; filename="{words("gb18030", "gb2312", "现场照片.png")}"',
        'attachment; filename="RAW"',
    ],
)
def test_a_files_name_is_read_in_every_notation(disposition):
    inner = (
        (
            b"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nsee\r\n--x\r\n"
            b"Content-Type: image/png\r\nContent-Disposition: DISPOSITION\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
        )
        .replace(b"DISPOSITION", disposition.encode())
        .replace(b"RAW", "现场照片.png".encode("gb18030"))
    )
    original = raw(body=inner).replace(
        b"text/plain; charset=utf-8", b"multipart/mixed; boundary=x", 1
    )

    [file] = reading.read(original, FROM_ADA).files

    assert (file.name, file.content) == ("现场照片.png", b"\x89PNG\r\n\x1a\n")


def test_html_becomes_words_without_what_runs_or_hides():
    html = (
        "<html><head><title>x</title><style>p{}</style></head><body onload=evil()>"
        "<p>路灯不亮</p><script>alert(1)</script><div style='display:none'>密文</div>"
        "<table><tr><td>地址</td><td>人民路</td></tr></table><img src=http://spy.test/1.gif></body></html>"
    )

    found = markup.text_of_html(html)

    assert "路灯不亮" in found
    assert "地址  人民路" in found
    assert not any(word in found for word in ("alert", "密文", "p{}", "spy"))


def test_markup_that_is_nested_without_end_is_still_read():
    assert "路灯" in markup.text_of_html("<div>" * 20_000 + "路灯")


def test_plain_text_wins_over_its_html_twin():
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ada@customer.test", "x"
    mail.set_content("文本")
    mail.add_alternative("<p>网页</p>", subtype="html")

    found = reading.read(mail.as_bytes(), FROM_ADA)

    assert (found.text, found.files) == ("文本", [])


QUOTED = {
    "QQ邮箱": '------------------ 原始邮件 ------------------\n发件人: "service";\n主题: 已受理\n旧文',
    "QQ手机": '---原始邮件---\n发件人: "service"<service@bihuan.test>\n旧文',
    "163": '在 2026-03-02 10:00:00，"service" <service@bihuan.test> 写道：\n旧文',
    "163手机": "---- 回复的原邮件 ----\n| 发件人 | service |\n旧文",
    "Outlook": "发件人: 服务台 <service@bihuan.test>\n发送时间: 2026年3月2日 10:00\n收件人: Ada\n主题: 已受理\n旧文",
    "Outlook线": "________________________________\n发件人: 服务台\n发送时间: 2026年3月2日\n主题: 已受理\n旧文",
    "Foxmail": "发件人： service@bihuan.test\n发送时间： 2026-03-02 10:00\n收件人： ada\n主题： 已受理\n旧文",
    "iPhone": "> 在 2026年3月2日，10:00，服务台 <service@bihuan.test> 写道：\n> 旧文",
    "iPhone两行": "在 2026年3月2日，上午10:00，服务台\n<service@bihuan.test> 写道：\n旧文",
    "Gmail": "服务台 <service@bihuan.test> 于2026年3月2日周一 10:00写道：\n> 旧文",
    "English": "On Mon, Mar 2, 2026 at 10:00 AM Service <service@bihuan.test> wrote:\n> 旧文",
    "Outlook English": "-----Original Message-----\nFrom: service\nSent: Monday\nTo: ada\n旧文",
    "plain": "> 旧文\n> 旧文",
}


@pytest.mark.parametrize("client", QUOTED)
def test_what_a_client_quotes_is_told_from_what_is_new(client):
    new, old = quotes.split(f"还是不亮。\n请再来看看。\n\n{QUOTED[client]}")

    assert new == "还是不亮。\n请再来看看。"
    assert "旧文" in old


@pytest.mark.parametrize(
    "line",
    [
        "发自我的iPhone",
        "发自我的 iPhone",
        "来自QQ邮箱手机版",
        "发自网易邮箱大师",
        "Sent from my iPhone",
        "从 Windows 版邮件发送",
    ],
)
def test_the_name_of_a_device_is_no_part_of_what_was_said(line):
    assert quotes.split(f"还是不亮。\n\n{line}") == ("还是不亮。", "")


def test_a_forwarded_mail_is_what_its_sender_shows():
    text = "请看下面这封。\n---------- 转发的邮件 ----------\n发件人: 物业\n发送时间: 昨天\n主题: 停水\n明天停水"

    assert quotes.split(text) == (text, "")


def test_answers_inside_the_quotation_are_kept_whole():
    text = "在 2026年3月2日，服务台 写道：\n> 修好了吗？\n没有。\n> 什么时候方便？\n下午。"

    assert quotes.split(text) == (text, "")


def test_words_that_look_like_a_head_alone_are_no_quotation():
    text = "我在 2026年3月2日 报过修，师傅说会来。\n发件人: 我自己\n谢谢"

    assert quotes.split(text) == (text, "")


MACHINES = {
    "RFC 3834": ("Auto-Submitted: auto-replied", "AUTO_REPLY"),
    "Exchange": ("Auto-Submitted: auto-generated\r\nSubject: 自动答复: 您好", "AUTO_REPLY"),
    "QQ": ("Subject: 自动回复:[260302-0001] 已受理", "AUTO_REPLY"),
    "163": ("Subject: =?gbk?B?19S2r7vYuLSjug==?=", "AUTO_REPLY"),
    "Lotus": ("Precedence: auto_reply", "AUTO_REPLY"),
    "X": ("X-Autoreply: yes", "AUTO_REPLY"),
    "words": ("In-Reply-To: <9@bihuan.test>", "AUTO_REPLY"),
    "newsletter": ("List-Unsubscribe: <mailto:x@y>\r\nSubject: 本周特价", "AUTO_GENERATED"),
    "bulk": ("Precedence: bulk\r\nSubject: 通知", "AUTO_GENERATED"),
    "monitoring": ("Auto-Submitted: auto-generated\r\nSubject: 告警", "AUTO_GENERATED"),
}


@pytest.mark.parametrize("kind", MACHINES)
def test_a_machine_is_known(kind):
    header, nature = MACHINES[kind]
    body = "您好，我正在休假，回来后回复您。" if kind == "words" else "正文"

    found = reading.read(raw(header, body=body.encode()), FROM_ADA)

    assert (found.nature, found.may_answer) == (nature, False)


@pytest.mark.parametrize(
    ("header", "sender"),
    [("X-Auto-Response-Suppress: All", "a@b.test"), ("X-A: 1", ""), ("Sender: x@y.test", "")],
)
def test_who_must_not_be_answered_is_not(header, sender):
    found = reading.read(raw(header, body=b"hi"), Envelope(sender, "service@bihuan.test"))

    assert not found.may_answer


def test_a_person_who_writes_of_a_leave_is_a_person():
    text = "我出差期间家里停电，物业说没人管。" + ROAD

    assert reading.read(raw(body=text.encode()), FROM_ADA).nature == "WRITTEN"


def test_a_return_names_the_mail_it_returns():
    original = (
        b"From: MAILER-DAEMON@mx.test\r\nSubject: Undelivered\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/plain\r\n\r\nuser unknown\r\n"
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n\r\n"
        b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@bihuan.test>\r\n\r\n--x--\r\n"
    )

    found = reading.read(original, Envelope("", "service@bihuan.test"))

    assert (found.nature, found.replies_to) == ("BOUNCE", ["<ours@bihuan.test>"])


def test_the_same_mail_by_another_way_is_the_same_mail():
    one = raw("Subject: x", body=b"text")

    assert reading.key_of(b"Received: by other\r\n" + one) == reading.key_of(one)


def test_a_sender_that_numbers_all_mails_alike_sends_different_mails():
    one = raw("Subject: x", body=b"one")
    other = one.replace(b"09:00:00", b"09:00:05").replace(b"one", b"two")

    assert reading.key_of(one) != reading.key_of(other)


def test_mails_without_an_id_are_told_apart_by_their_words():
    one = raw(body=b"one").replace(b"Message-ID: <1@customer.test>\r\n", b"")

    assert reading.key_of(one) == reading.key_of(b"Received: x\r\n" + one)
    assert reading.key_of(one) != reading.key_of(one.replace(b"\r\n\r\none", b"\r\n\r\ntwo"))


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"\r\n\r\n",
        b"\xff\xfe\x00",
        b"From: <<<>>>@@\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nx",
    ],
)
def test_whatever_comes_is_read_somehow(original):
    found = reading.read(original, FROM_ADA)

    assert found.party_address
    assert reading.key_of(original)


def test_a_header_of_the_standard_library_reads_back():
    assert decoding.header(str(Header(ROAD, "gb2312").encode())) == ROAD
