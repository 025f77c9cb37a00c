"""Two people, one unit: the dialog that was open longer is refused and shows how things stand (decision 0221)."""

import re

import pytest

from tests.domain.processes.given import unit
from tests.surfaces.workspace.test_operations import (
    ann,
    browser,
    kim,
    lee,
    opened,
    running,
    send,
    units,
)

__all__ = ["ann", "kim", "lee", "running", "units"]
pytestmark = pytest.mark.django_db


def test_a_dialog_left_open_is_refused_when_somebody_was_faster(running, kim, ann, lee):
    first = unit(running, "a").pk
    address = f"/units/{first}/assign/"
    text, key = opened(browser("lee"), address)
    seen = re.search(r'name="seen" value="([^"]+)"', text)[1]
    send(browser("lee"), first, "assign", staff=str(ann))

    stale = {"key": key, "seen": seen, "staff": str(kim)}
    answer = browser("lee").post(address, stale)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "已指派这个环节，请看过最新情况再决定。" in page
    assert f'value="{kim}" selected' in page
    assert unit(running, "a").assignee_id == ann
    again = re.search(r'name="seen" value="([^"]+)"', page)[1]
    assert browser("lee").post(address, {**stale, "key": "k2", "seen": again}).status_code == 204
    assert unit(running, "a").assignee_id == kim
