"""What surrounds every page: the content policy, error pages, the theme."""

from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from bihuan.kit.problems import NotAllowed
from bihuan.surfaces.workspace import errors

pytestmark = pytest.mark.django_db


def test_a_missing_page_answers_with_one_chinese_sentence(client: Client):
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "没有这一页：/nowhere/" in answer.content.decode()


def test_every_answer_forbids_inline_code(client: Client):
    policy = client.get("/nowhere/")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_no_template_carries_inline_style_or_code():
    folder = Path(errors.__file__).parent / "templates"
    texts = {p: p.read_text("utf-8") for p in folder.rglob("*.html")}
    found = [str(p) for p, text in texts.items() if " style=" in text or " onclick=" in text]

    assert found == []


def test_the_theme_is_kept_in_a_cookie(client: Client):
    answer = client.post("/theme/", {"theme": "dark"})

    assert answer.status_code == 302
    assert client.cookies["bihuan_theme"].value == "dark"
    assert 'data-bs-theme="dark"' in client.get("/nowhere/").content.decode()


def test_a_refusal_becomes_a_toast_for_htmx_and_a_page_for_a_person():
    layer = errors.RefusalPages(lambda request: None)
    fragment = RequestFactory().get("/x/", headers={"HX-Request": "true"})
    whole = RequestFactory().get("/x/")

    toast = layer.process_exception(fragment, NotAllowed())
    page = layer.process_exception(whole, NotAllowed())

    assert toast.status_code == page.status_code == 403
    assert "toast" in toast["HX-Trigger"]
    assert "您没有这项权限。" in page.content.decode()
