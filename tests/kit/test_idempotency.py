from datetime import UTC, datetime

import pytest

from bihuan.kit.idempotency import Answer, Request, RequestKeyReused, forget_before, once
from bihuan.kit.models import RequestKey

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


class Work:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Answer:
        self.times += 1
        return Answer(201, {"number": f"26-{self.times}"})


def test_a_retry_gets_the_first_answer_and_does_no_work():
    work = Work()
    request = Request("staff:1", "k1", b'{"title": "x"}')

    answers = [once(request, work, at=NOON), once(request, work, at=NOON)]

    assert answers == [Answer(201, {"number": "26-1"})] * 2
    assert work.times == 1


def test_the_same_key_of_another_caller_is_another_request():
    work = Work()

    once(Request("staff:1", "k1", b""), work, at=NOON)
    once(Request("staff:2", "k1", b""), work, at=NOON)

    assert work.times == 2


def test_a_key_with_other_content_is_refused():
    work = Work()
    once(Request("staff:1", "k1", b"a"), work, at=NOON)

    with pytest.raises(RequestKeyReused):
        once(Request("staff:1", "k1", b"b"), work, at=NOON)

    assert work.times == 1


def test_work_that_fails_may_be_tried_again():
    def fail() -> Answer:
        raise ValueError("broken")

    request = Request("staff:1", "k1", b"")
    with pytest.raises(ValueError, match="broken"):
        once(request, fail, at=NOON)

    assert once(request, Work(), at=NOON).status == 201


def test_old_keys_are_forgotten():
    once(Request("staff:1", "k1", b""), Work(), at=NOON)

    assert forget_before(NOON) == 0
    assert forget_before(datetime(2026, 3, 3, tzinfo=UTC)) == 1
    assert RequestKey.objects.count() == 0
