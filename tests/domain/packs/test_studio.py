"""What designers do to a definition: nothing is lost, nothing is half done, and packs do not overrule them."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions as org
from bihuan.domain.packs import actions, queries
from bihuan.domain.packs.choices import Origin, Status
from bihuan.domain.packs.models import Definition
from bihuan.kit.problems import NotAllowed
from tests.domain.org.given import START
from tests.domain.packs.given import AT, pack

pytestmark = pytest.mark.django_db
KEY = "shop.zh-hans.greeting"
LATER = START.replace(month=12)


@pytest.fixture(autouse=True)
def shop():
    actions.install_pack(pack(greeting="hello: 您好"), by=SYSTEM, at=AT)


@pytest.fixture
def people() -> dict[str, Actor]:
    """Kim designs, Lee also publishes, Max does neither."""
    unit = org.create_unit(code="hq", name="总部", parent_id=None, by=SYSTEM, at=START)
    verbs = {
        "kim": ("process.design",),
        "lee": ("process.design", "process.publish"),
        "max": ("case.view",),
    }
    found = {}
    for name, allowed in verbs.items():
        org.define_role(code=name, name=name, verbs=allowed, by=SYSTEM, at=START)
        org.define_post(code=name, name=name, role_code=name, by=SYSTEM, at=START)
        new = org.NewStaff(login_name=name, name=name)
        staff = org.create_staff(new=new, by=SYSTEM, at=START)
        held = {"staff_id": staff.pk, "post_code": name, "unit_id": unit.id}
        org.hold_post(**held, period=org.Period(START), by=SYSTEM, at=START)
        found[name] = Actor(f"staff:{staff.pk}")
    return found


def in_force() -> Definition:
    return queries.published("text", KEY)


def drafted(text: str = "hello: 欢迎", by: Actor = SYSTEM) -> Definition:
    draft = actions.draft_from(in_force().pk, by=by, at=LATER)
    return actions.save_draft(draft.pk, source=text, rev=draft.rev, by=by, at=LATER)


def published(text: str = "hello: 欢迎", by: Actor = SYSTEM) -> Definition:
    return actions.publish_definition(drafted(text, by).pk, by=by, at=LATER, reason="说法统一")


def history() -> list[tuple[int, str, str]]:
    return [(one.version, one.status, one.origin) for one in queries.versions("text", KEY)]


def test_a_draft_begins_with_the_words_of_its_version():
    draft = actions.draft_from(in_force().pk, by=SYSTEM, at=LATER)

    assert (draft.source, draft.version, draft.based_on) == ("hello: 您好", 2, 1)
    assert actions.draft_from(in_force().pk, by=SYSTEM, at=LATER).pk == draft.pk


def test_a_draft_older_than_what_others_published_is_in_force_at_once():
    draft = drafted("hello: 欢迎")
    actions.install_pack(pack("office", door="door: 请进"), by=SYSTEM, at=LATER)
    before = queries.text("hello")

    actions.publish_definition(draft.pk, by=SYSTEM, at=LATER, reason="说法统一")

    assert (before, queries.text("hello")) == ("您好", "欢迎")


def test_a_save_over_somebody_elses_save_is_refused_and_shows_theirs():
    draft = actions.draft_from(in_force().pk, by=SYSTEM, at=LATER)
    actions.save_draft(draft.pk, source="hello: 甲", rev=1, by=SYSTEM, at=LATER)

    with pytest.raises(actions.SavedMeanwhile) as refused:
        actions.save_draft(draft.pk, source="hello: 乙", rev=1, by=SYSTEM, at=LATER)

    assert (refused.value.saved.source, refused.value.saved.rev) == ("hello: 甲", 2)
    assert actions.save_draft(draft.pk, source="hello: 乙", rev=2, by=SYSTEM, at=LATER).rev == 3


def test_the_same_words_saved_twice_are_one_save():
    draft = drafted()

    assert actions.save_draft(draft.pk, source=draft.source, rev=1, by=SYSTEM, at=LATER).rev == 2


def test_a_version_says_who_published_it_when_and_why(people):
    published(by=people["lee"])

    newest = in_force()
    assert (newest.version, newest.published_by, newest.note) == (2, people["lee"].ref, "说法统一")
    assert newest.published_at == LATER
    fact = ledger.facts_of("pack:shop").rows[0]
    assert (fact.name, fact.reason, fact.actor) == (
        "definition.published",
        "说法统一",
        people["lee"].ref,
    )


@pytest.mark.parametrize(("name", "may_design", "may_publish"), [("kim", 1, 0), ("max", 0, 0)])
def test_only_those_who_may_design_and_publish(people, name, may_design, may_publish):
    by, before = people[name], Definition.objects.count()

    if may_design:
        draft = drafted(by=by)
        with pytest.raises(NotAllowed):
            actions.publish_definition(draft.pk, by=by, at=LATER)
    else:
        with pytest.raises(NotAllowed):
            drafted(by=by)
    with pytest.raises(NotAllowed):
        actions.retire_definition(in_force().pk, by=by, at=LATER, reason="不再使用")
    assert queries.text("hello") == "您好"
    assert Definition.objects.count() == before + may_design


def test_publishing_over_a_version_one_did_not_see_is_refused():
    draft = drafted()

    with pytest.raises(actions.AnotherVersionInForce) as refused:
        actions.publish_definition(draft.pk, by=SYSTEM, at=LATER, over=7)

    assert refused.value.version == 1
    assert queries.text("hello") == "您好"


def test_rolling_back_publishes_old_words_as_a_new_version():
    first = in_force()
    published()

    actions.republish_version(first.pk, by=SYSTEM, at=LATER, reason="新说法不好懂", over=2)

    assert queries.text("hello") == "您好"
    assert history() == [(3, "PUBLISHED", "PACK"), (2, "RETIRED", "STUDIO"), (1, "RETIRED", "PACK")]
    assert in_force().based_on == 1


def test_rolling_back_wants_a_reason():
    first = in_force()
    published()

    with pytest.raises(actions.ReasonMissing):
        actions.republish_version(first.pk, by=SYSTEM, at=LATER, reason=" ")

    assert queries.text("hello") == "欢迎"


def test_a_draft_that_was_overtaken_gets_the_highest_number():
    draft = drafted("hello: 早上好")
    first = in_force()
    actions.republish_version(first.pk, by=SYSTEM, at=LATER, reason="重新发布")

    assert actions.publish_definition(draft.pk, by=SYSTEM, at=LATER).version == 4


def test_a_new_definition_takes_no_name_that_is_used():
    path = "texts/zh-hans/farewell.yaml"
    made = actions.start_draft(pack_key="shop", path=path, source="bye: 再见", by=SYSTEM, at=LATER)

    assert (made.key, made.origin, made.version) == ("shop.zh-hans.farewell", Origin.STUDIO, 1)
    with pytest.raises(actions.NameTaken):
        actions.start_draft(pack_key="shop", path=path, source="bye: 慢走", by=SYSTEM, at=LATER)


def test_installing_the_pack_again_leaves_the_studios_version_in_force():
    published()

    again = actions.install_pack(pack(greeting="hello: 您好"), by=SYSTEM, at=LATER)

    assert (again.changed, queries.text("hello")) == (False, "欢迎")


def test_what_a_new_release_says_waits_beside_the_studios_version():
    published()
    release = pack(version="2.0", greeting="hello: 您好，请讲")

    done = actions.install_pack(release, by=SYSTEM, at=LATER)
    again = actions.install_pack(release, by=SYSTEM, at=LATER)

    assert (done.set_aside, again.set_aside) == ([f"text {KEY}"], [])
    assert queries.text("hello") == "欢迎"
    assert history()[0] == (3, Status.OFFERED, Origin.PACK)


def test_the_words_of_a_release_may_be_put_in_force_and_follow_the_pack_again():
    published()
    actions.install_pack(pack(version="2.0", greeting="hello: 二"), by=SYSTEM, at=LATER)
    offered = queries.versions("text", KEY)[0]

    actions.republish_version(offered.pk, by=SYSTEM, at=LATER, reason="改用行业包的说法")
    actions.install_pack(pack(version="3.0", greeting="hello: 三"), by=SYSTEM, at=LATER)

    assert queries.text("hello") == "三"


def test_what_only_the_studio_has_survives_a_release_of_the_pack():
    path = "texts/zh-hans/farewell.yaml"
    made = actions.start_draft(pack_key="shop", path=path, source="bye: 再见", by=SYSTEM, at=LATER)
    actions.publish_definition(made.pk, by=SYSTEM, at=LATER)

    actions.install_pack(pack(version="2.0", greeting="hello: 您好"), by=SYSTEM, at=LATER)

    assert queries.text("bye") == "再见"


def test_what_people_retired_is_not_brought_back_by_the_same_words():
    actions.retire_definition(in_force().pk, by=SYSTEM, at=LATER, reason="不再使用")

    actions.install_pack(pack(greeting="hello: 您好"), by=SYSTEM, at=LATER)

    assert queries.text("hello") == "hello"
    assert history() == [(1, "RETIRED", "PACK")]


def test_the_database_keeps_an_offered_version_as_it_is():
    published()
    actions.install_pack(pack(version="2.0", greeting="hello: 二"), by=SYSTEM, at=LATER)
    offered = queries.versions("text", KEY)[0]

    with pytest.raises(IntegrityError), transaction.atomic():
        Definition.objects.filter(pk=offered.pk).update(source="hello: 别的")
    with pytest.raises(IntegrityError), transaction.atomic():
        Definition.objects.filter(pk=offered.pk).update(status=Status.DRAFT)
