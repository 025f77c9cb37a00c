"""Duplicates are found by text and person among what one may see; hot topics are kept with their cases."""

import pytest

from bihuan.domain.cases import queries
from bihuan.domain.cases.actions import fingerprints, topics
from bihuan.domain.cases.models import Case, Fingerprint
from bihuan.domain.cases.queries import Probe, duplicates, duplicates_judged as judged
from bihuan.kit import db
from bihuan.kit.problems import NotFound
from tests.domain.cases import given

pytestmark = pytest.mark.django_db
NOISE = "丽发新城小区附近搅拌站噪音扰民"


@pytest.fixture(autouse=True)
def _nothing_learned():
    duplicates.forget_rarity()
    yield
    duplicates.forget_rarity()


def numbers(found):
    return [one.row.number for one in found]


def test_what_lies_outside_ones_view_is_not_proposed():
    hq = given.org_unit()
    far = given.org_unit("FAR", "外地")
    lee = given.person("lee", hq, "case.view")
    given.stored_case("1", title=NOISE, org_unit_id=far)
    given.stored_case("2", title=NOISE, org_unit_id=hq)

    assert numbers(queries.find_duplicates(lee, Probe("demo", NOISE), at=given.later(1))) == ["2"]


def test_the_few_cases_compared_are_looked_up_by_their_keys():
    """A prepared plan would read all cases of the org units one may see: seconds, among a million."""
    hq = given.org_unit()
    lee = given.person("lee", hq, "case.view")
    given.stored_case("1", title=NOISE, org_unit_id=hq)
    asked = []
    with db.watched(lambda sql, params: asked.append((sql, params))):
        queries.find_duplicates(lee, Probe("demo", NOISE), at=given.later(1))
    [(sql, params)] = [
        one for one in asked if "cases_fingerprint where" in " ".join(one[0].split())
    ]

    db.run("set local plan_cache_mode = force_generic_plan")
    db.run("set local enable_seqscan = off")
    plan = "\n".join(line for (line,) in db.rows(f"explain {sql}", params))

    assert "Index Scan using cases_case_pkey" in plan
    assert "cases_of_involved_units" not in plan


def test_another_pack_what_is_too_old_and_what_came_later_is_not_proposed():
    hq = given.org_unit()
    lee = given.person("lee", hq, "case.view")
    given.stored_case("1", title=NOISE, pack="other")
    given.stored_case("2", title=NOISE, opened_at=given.later(-24 * 181))
    given.stored_case("3", title=NOISE, opened_at=given.later(9))

    assert queries.find_duplicates(lee, Probe("demo", NOISE), at=given.later(1)) == []


def test_the_survivor_is_proposed_and_not_what_was_merged_into_it():
    hq = given.org_unit()
    lee = given.person("lee", hq, "case.view")
    whole = given.stored_case("1", title=NOISE)
    part = given.stored_case("2", title=NOISE)
    Case.objects.filter(pk=part.pk).update(state="MERGED", merged_into=whole)

    assert numbers(queries.find_duplicates(lee, Probe("demo", NOISE), at=given.later(1))) == ["1"]


def test_the_same_phone_counts_only_with_the_same_class_or_text():
    hq = given.org_unit()
    lee = given.person("lee", hq, "case.view")
    classes = given.classes()
    service = classes["complaint.service"]
    given.stored_case("1", title="营业厅排队太久", contact_digits="13800002046", cls=service)
    probe = Probe("demo", "家里没有水", contact_phone="138 0000 2046")

    assert queries.find_duplicates(lee, probe, at=given.later(1)) == []
    same = Probe("demo", "家里没有水", class_id=service.pk, contact_phone="138 0000 2046")
    found = queries.find_duplicates(lee, same, at=given.later(1))
    assert [(one.why, one.is_own) for one in found] == [("同一客户、同一分类", True)]


def test_old_cases_are_read_once():
    given.stored_case("1", title=NOISE)
    Fingerprint.objects.all().delete()

    assert fingerprints.read_texts() == 1
    assert fingerprints.read_texts() == 0
    lee = given.person("lee", given.org_unit(), "case.view")
    assert numbers(queries.find_duplicates(lee, Probe("demo", NOISE), at=given.later(1))) == ["1"]


def test_hot_topics_count_people_and_show_only_visible_cases():
    hq = given.org_unit()
    far = given.org_unit("FAR", "外地")
    for nth, place in enumerate((hq, hq, hq, far)):
        given.stored_case(
            f"N{nth}", title=f"{NOISE}{nth}", org_unit_id=place, contact_digits=f"1380000000{nth}"
        )
    given.stored_case("other", title="咨询公积金提取")
    stretch = topics.Stretch("demo", given.later(-1), given.later(1), is_rolling=True)
    asked_for = topics.Stretch("demo", given.later(-9), given.later(-8))

    assert topics.find_topics(stretch, at=given.later(2)) == 1
    assert topics.find_topics(stretch, at=given.later(3)) == 1  # in place of the first
    assert topics.find_topics(asked_for, at=given.later(3)) == 0  # beside it
    lee = given.person("lee", hq, "case.view")
    [row] = queries.hot_topics(lee, "demo")
    assert (row.cases, row.people) == (3, 4)
    assert {one.number for one in queries.hot_topic(lee, row.id)[1]} == {"N0", "N1", "N2"}
    outsider = given.person("max", given.org_unit("OFF", "别处"), "case.view")
    assert queries.hot_topics(outsider, "demo") == []
    with pytest.raises(NotFound):
        queries.hot_topic(outsider, row.id)


def test_proposals_are_judged_at_the_moment_of_the_later_case():
    early = given.stored_case("1", title=NOISE)
    late = given.stored_case("2", title=f"投诉{NOISE}", opened_at=given.later(2))
    other = given.stored_case("3", title="咨询公积金提取", opened_at=given.later(3))
    pairs = [judged.Pair(late.pk, early.pk, True), judged.Pair(early.pk, other.pk, False)]

    found = judged.judge(pairs)

    assert (found.precision, found.recall, found.pairs) == (1.0, 1.0, 2)
    assert judged.cases_by_key(["2", "none"]) == {"2": late.pk}
    assert judged.judge([]).precision is None
