"""What `bihuan bench duplicates` fills a database with: requests in ever new words, some of them told again."""

from random import Random

from bihuan.config.measuring import requests
from bihuan.engines.duplicates.grams import EVERYTHING_EQUAL
from bihuan.engines.duplicates.likeness import LIKELY, Reader, Request


def test_a_request_told_again_keeps_its_place_and_matter_and_changes_its_words():
    random = Random(3)  # noqa: S311
    first = requests.tell(random)
    again = [requests.tell(random, again=first) for _ in range(20)]

    assert {(one.place, one.matter) for one in again} == {(first.place, first.matter)}
    assert len({one.text for one in again}) > 10


def test_what_is_told_again_is_likely_the_same_and_what_is_not_is_not():
    random = Random(5)  # noqa: S311
    told = [requests.tell(random) for _ in range(40)]
    again = [requests.tell(random, again=one) for one in told]

    assert sum(_score(one, two) >= LIKELY for one, two in zip(told, again, strict=True)) >= 32
    assert sum(_score(one, two) >= LIKELY for one, two in zip(told, again[1:], strict=False)) <= 5


def _score(one: requests.Told, two: requests.Told) -> float:
    first, second = (
        Reader(Request(told.title, told.text), EVERYTHING_EQUAL) for told in (one, two)
    )
    return first.evidence(second).score()
