"""JSON for statements."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bihuan.kit.json_text import to_json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"姓名": "马志远", "n": [1, None, True]}, '{"姓名":"马志远","n":[1,null,true]}'),
        (datetime(2026, 3, 4, 1, tzinfo=UTC), '"2026-03-04T01:00:00+00:00"'),
        (Decimal("128.50"), '"128.50"'),
    ],
)
def test_a_value_is_written_as_people_and_the_database_read_it(value, text):
    assert to_json(value) == text


@pytest.mark.parametrize("value", [2**70 + 1, -(2**70), {"1": [2**64]}])
def test_a_number_of_any_length_comes_back(value):
    assert json.loads(to_json(value)) == value


def test_keys_that_are_numbers_become_texts():
    assert json.loads(to_json({1: "one"})) == {"1": "one"}
