"""The hotline pack with its people, and a browser that is one of them."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.packs import actions as packs, queries
from bihuan.domain.packs.models import Definition
from bihuan.kit import clock
from tests.packs import standing

# Seventeen people get a password before every test.
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
KEY = "hotline.request"
NUMBERS = {
    "code": "size",
    "title": "大小",
    "hit": "first",
    "inputs": [{"field": "n", "label": "数量", "type": "number", "choices": [], "optional": False}],
    "outputs": [{"field": "word", "label": "叫法", "type": "text", "choices": []}],
    "rows": [
        {"when": {"n": {"op": "ge", "values": [10]}}, "then": {"word": "大"}, "note": "十个以上"},
        {"when": {}, "then": {"word": "小"}, "note": ""},
    ],
}
LONG_AGO = clock.now() - timedelta(days=30)


def hotline() -> datetime:
    """Install the packs and open the demo logins; return when that was."""
    standing.install("base", "hotline", at=LONG_AGO, logins=True)
    return LONG_AGO


def browser(login: str) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    said = {"login_name": login, "password": "bihuan-demo"}
    assert client.post("/sign-in/", said).status_code == 302
    return client


def in_force(kind: str = "process", key: str = KEY) -> Definition:
    """Return the version that new cases start on."""
    return queries.published(kind, key)


def drafted(kind: str = "process", key: str = KEY) -> Definition:
    """Return a draft of what is in force."""
    return packs.draft_from(in_force(kind, key).pk, by=SYSTEM, at=clock.now())


def ask(client: Client, one: Definition, name: str, **body: Any):
    """Send JSON to one of a version's addresses."""
    return client.post(f"/studio/{one.pk}/{name}/", body, content_type="application/json")
