"""Our own addresses: which mailbox one is, the token in it, and threads."""

import pytest

from bihuan.domain.interactions import rules

TWO = rules.read_mailboxes("Service@example.cn=complaint:HQ repair@example.cn=hotline")


def test_a_setting_names_mailboxes_with_pack_and_unit():
    assert [(one.address, one.pack, one.unit_code) for one in TWO] == [
        ("service@example.cn", "complaint", "HQ"),
        ("repair@example.cn", "hotline", ""),
    ]


@pytest.mark.parametrize("text", ["service", "a@b", "a@b=", "@=x"])
def test_a_setting_that_names_none_is_refused(text):
    with pytest.raises(rules.MailboxesUnreadable):
        rules.read_mailboxes(text)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("service@example.cn", ("service@example.cn", "")),
        ("SERVICE+c1-abc@Example.cn", ("service@example.cn", "c1-abc")),
        ("other@example.cn", None),
        ("service@example.com", None),
    ],
)
def test_an_address_is_ours_with_or_without_a_token(address, expected):
    found = rules.mailbox_of(TWO, address)

    assert (found and (found[0].address, found[1])) == expected


def test_a_long_thread_keeps_its_first_and_its_last():
    ids = [f"<{n}@x>" for n in range(50)]

    headers = rules.thread_headers(["no id", *ids])

    kept = headers["References"].split()
    assert (kept[0], kept[-1], len(kept)) == ("<0@x>", "<49@x>", rules.MOST_REFERENCES)
    assert headers["In-Reply-To"] == "<49@x>"


def test_a_letter_has_one_id_that_nobody_can_guess():
    one = rules.message_id("case:1:received", "example.cn", "secret")

    assert one == rules.message_id("case:1:received", "example.cn", "secret")
    assert one != rules.message_id("case:1:received", "example.cn", "other")
    assert one.endswith("@example.cn>")
