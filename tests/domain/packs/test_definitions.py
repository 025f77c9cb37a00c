"""One definition goes from draft to published to retired, and never back."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.packs import actions, queries
from bihuan.domain.packs.models import Definition
from tests.domain.packs.given import AT, LEE, pack

pytestmark = pytest.mark.django_db
PATH = "texts/zh-hans/greeting.yaml"


@pytest.fixture(autouse=True)
def shop():
    actions.install_pack(pack(greeting="hello: 您好"), by=LEE, at=AT)


def draft(text: str) -> Definition:
    return actions.draft_definition(pack_key="shop", path=PATH, source=text, by=LEE, at=AT)


def test_a_draft_changes_nothing_until_it_is_published():
    one = draft("hello: 欢迎")

    assert queries.text("hello") == "您好"

    actions.publish_definition(one.pk, by=LEE, at=AT)

    assert queries.text("hello") == "欢迎"
    assert [row.version for row in queries.versions("text", "shop.zh-hans.greeting")] == [2, 1]


def test_a_draft_may_be_rewritten():
    first = draft("hello: 欢迎")
    second = draft("hello: 欢迎光临")

    assert first.pk == second.pk
    assert queries.definition(first.pk).source == "hello: 欢迎光临"


def test_a_wrong_draft_is_kept_and_not_published():
    one = draft("hello: [1]")

    with pytest.raises(actions.PackHasProblems):
        actions.publish_definition(one.pk, by=LEE, at=AT)

    assert queries.text("hello") == "您好"
    assert Definition.objects.get(pk=one.pk).status == "DRAFT"


def test_a_published_version_is_not_published_again():
    published = queries.published("text", "shop.zh-hans.greeting")

    with pytest.raises(actions.NotADraft):
        actions.publish_definition(published.pk, by=LEE, at=AT)


def test_a_retired_definition_is_out_of_force():
    published = queries.published("text", "shop.zh-hans.greeting")

    actions.retire_definition(published.pk, by=LEE, at=AT, reason="不再使用")

    with pytest.raises(queries.DefinitionMissing):
        queries.published("text", "shop.zh-hans.greeting")
    with pytest.raises(actions.NotInForce):
        actions.retire_definition(published.pk, by=LEE, at=AT, reason="不再使用")
    fact = ledger.facts_of("pack:shop").rows[0]
    assert (fact.name, fact.reason, fact.actor) == ("definition.retired", "不再使用", "system:lee")


def test_a_discarded_draft_is_gone():
    one = draft("hello: 欢迎")

    actions.discard_draft(one.pk, by=LEE, at=AT)

    assert not Definition.objects.filter(pk=one.pk).exists()


@pytest.mark.parametrize(
    "change", [{"source": "hello: 篡改"}, {"compiled": {}}, {"status": "DRAFT"}]
)
def test_the_database_refuses_to_change_what_was_published(change):
    published = Definition.objects.filter(key="shop.zh-hans.greeting")

    with pytest.raises(IntegrityError), transaction.atomic():
        published.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        published.delete()

    assert queries.text("hello") == "您好"


def test_published_content_is_read_once_per_process(django_assert_num_queries):
    queries.published("text", "shop.zh-hans.greeting")
    queries.text("hello")

    with django_assert_num_queries(0):
        queries.published("text", "shop.zh-hans.greeting")
        queries.text("hello")


def test_what_is_remembered_for_long_work_is_not_forgotten_by_a_short_part_of_it():
    with queries.remembering():
        with queries.knowing({("text", "another"): 0}):
            first = queries.published("text", "shop.zh-hans.greeting")
        actions.publish_definition(draft("hello: 欢迎").pk, by=LEE, at=AT)

        assert queries.published("text", "shop.zh-hans.greeting") == first

    assert queries.published("text", "shop.zh-hans.greeting") != first
