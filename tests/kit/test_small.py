from datetime import date
from decimal import Decimal

import pytest

from bihuan.kit import db
from bihuan.kit.ids import next_number
from bihuan.kit.masking import mask_phone, mask_text, mask_values
from bihuan.kit.money import CurrencyMismatch, Money
from bihuan.kit.problems import Refused, problem_json
from bihuan.kit.registry import NotRegistered, Registry


class UnitAlreadyTaken(Refused):
    message = "已有人取走这个环节。"


@pytest.mark.django_db
def test_the_database_counts_its_tables_anew_after_a_long_load_only():
    db.run("create table loaded as select n from generate_series(1, 1000) as x (n)")
    known = "select reltuples from pg_class where relname = 'loaded'"

    db.settle(999)
    assert db.one(known) == (-1.0,)

    db.settle(1_000)
    assert db.one(known) == (1000.0,)


@pytest.mark.django_db
def test_numbers_count_up_by_day_and_scope():
    monday, tuesday = date(2026, 11, 18), date(2026, 11, 19)

    numbers = [next_number(scope="case", day=day) for day in (monday, monday, tuesday)]

    assert numbers == ["261118-0001", "261118-0002", "261119-0001"]
    assert next_number(scope="draft", day=monday) == "261118-0001"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812342046", "138****2046"),
        ("+86 138-1234-2046", "138****2046"),
        ("0571-87651234", "0571****1234"),
        ("12345", "***45"),
    ],
)
def test_a_phone_number_is_masked_in_its_middle(number, masked):
    assert mask_phone(number) == masked


def test_every_number_in_free_text_is_masked():
    text = "请回电13812342046或 0571-87651234,身份证330102199001011234;工单261118-0387,共120户"

    assert mask_text(text) == (
        "请回电138****2046或 0571-****1234,身份证330102********1234;工单261118-0387,共120户"
    )


def test_money_rounds_to_cents_and_minds_its_currency():
    assert Money.of("90.005") + Money(Decimal(10)) == Money.of("100.01")
    assert str(Money.of("90")) == "¥90.00"
    with pytest.raises(CurrencyMismatch):
        Money.of("1") + Money.of("1", "USD")


def test_a_refusal_tells_a_machine_its_code_and_a_person_its_reason():
    answer = problem_json(UnitAlreadyTaken(fields={"unit": "被郑海峰取走"}))

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert b'"code": "unit_already_taken"' in answer.content


def test_a_registry_says_what_it_knows():
    verbs: Registry[int] = Registry("verb")
    verbs.register("case.close", 1)

    assert verbs.get("case.close") == 1
    with pytest.raises(NotRegistered, match=r"'case\.cloze' is unknown; known: case\.close"):
        verbs.get("case.cloze")
    with pytest.raises(ValueError, match="registered already"):
        verbs.register("case.close", 2)


def test_plain_json_is_masked_at_any_depth():
    assert mask_values({"to": [{"phone": "13812342046", "count": 3}], "ok": True}) == {
        "to": [{"phone": "138****2046", "count": 3}],
        "ok": True,
    }


def test_the_log_in_use_masks_every_number(settings):
    root = settings.LOGGING["root"]["handlers"]

    assert [settings.LOGGING["handlers"][name]["filters"] for name in root] == [["mask"]]
