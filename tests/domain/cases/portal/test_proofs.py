"""Whose case it is, is shown by the phone's code or the receipt; guessing leads nowhere."""

import pytest

from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.actions.portal.proving import CodeNotSent, CodeWrong
from bihuan.domain.cases.models import PhoneCode
from bihuan.domain.ledger.queries import facts_of
from tests.domain.cases.portal import given
from tests.domain.cases.portal.given import PHONE, minutes

pytestmark = pytest.mark.django_db
HOME = "10.0.0.1"


@pytest.fixture
def phones(monkeypatch):
    return given.phones(monkeypatch)


def ask(made: portal.Sent, phone: str = PHONE, at: float = 1) -> None:
    portal.send_code(portal.Claim(made.number, phone, HOME), at=minutes(at))


def prove(number: str, code: str, at: float = 2) -> portal.Proven:
    return portal.prove(portal.Claim(number, address=HOME), code, at=minutes(at))


def test_the_code_on_the_phone_proves_it(phones):
    made = given.sent()
    ask(made, "137-0000-2046")

    proven = prove(made.number, f" {phones.code[:3]} {phones.code[3:]} ")

    assert (proven.case_id, proven.proof) == (made.case_id, portal.Proof.PHONE)
    assert PhoneCode.objects.get().code_hash != phones.code
    assert phones.messages[0].phone == PHONE
    assert [f.name for f in facts_of(f"case:{made.case_id}").rows].count(
        "case.customer_proven"
    ) == 1


def test_a_code_is_used_once(phones):
    made = given.sent()
    ask(made)
    prove(made.number, phones.code)

    with pytest.raises(CodeWrong):
        prove(made.number, phones.code, at=3)


def test_a_code_dies_after_ten_minutes(phones):
    made = given.sent()
    ask(made)

    with pytest.raises(CodeWrong):
        prove(made.number, phones.code, at=11)


def test_after_five_wrong_guesses_the_right_code_is_wrong_too(phones):
    made = given.sent()
    ask(made)
    wrong = [f"{n:06d}" for n in range(6) if f"{n:06d}" != phones.code][:5]
    for guess in wrong:
        with pytest.raises(CodeWrong):
            prove(made.number, guess)

    with pytest.raises(CodeWrong):
        prove(made.number, phones.code)


def test_guesses_at_one_case_are_counted_from_everywhere(phones):
    made = given.sent()
    for guess in range(20):
        claim = portal.Claim(made.number, address=f"10.0.1.{guess}")
        with pytest.raises(CodeWrong):
            portal.prove(claim, "AAAA-AAAA", at=minutes(2))

    with pytest.raises(portal.TooOften):
        portal.prove(portal.Claim(made.number, address="10.0.2.1"), made.receipt, at=minutes(3))


def test_another_phone_gets_no_code_and_the_same_answer(phones):
    made = given.sent()

    ask(made, "13700009999")
    portal.send_code(portal.Claim("260302-9999", PHONE, HOME), at=minutes(1))

    assert phones.messages == []


def test_a_code_is_sent_once_a_minute(phones):
    made = given.sent()
    ask(made)

    with pytest.raises(portal.TooOften):
        ask(made, at=1.5)

    ask(made, at=2.5)
    assert len(phones.messages) == 2


def test_asking_again_makes_the_older_code_worthless(phones):
    made = given.sent()
    ask(made)
    older = phones.code
    ask(made, at=2.5)

    if older != phones.code:
        with pytest.raises(CodeWrong):
            prove(made.number, older, at=3)
    assert prove(made.number, phones.code, at=3).proof is portal.Proof.PHONE


def test_the_receipt_proves_who_sent_it_but_not_the_phone(phones):
    made = given.sent()

    proven = prove(made.number, made.receipt.lower())

    assert (proven.case_id, proven.proof) == (made.case_id, portal.Proof.RECEIPT)


def test_the_receipt_of_another_request_is_wrong(phones):
    made, other = given.sent(), given.sent(key="k2")

    with pytest.raises(CodeWrong):
        prove(made.number, other.receipt)


def test_when_the_messages_do_not_go_out_the_customer_is_told(phones):
    made = given.sent()
    phones.is_down = True

    with pytest.raises(CodeNotSent):
        ask(made)


def test_without_text_messages_nothing_is_promised():
    made = given.sent()

    with pytest.raises(CodeNotSent):
        ask(made)
