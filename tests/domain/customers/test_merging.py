"""Two files that are one customer are joined with all that belongs to them, and parted again as they were."""

from datetime import time, timedelta

import pytest
from django.apps import apps
from django.db import transaction

from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.actions import (
    bonds,
    consolidating,
    holding,
    joining,
    merging,
    profiling,
)
from bihuan.domain.customers.actions.arriving import Place, take_in
from bihuan.domain.customers.choices import RelationKind
from bihuan.domain.customers.models import Account, Customer, Merge, Pair, Relation, Source
from bihuan.domain.customers.ports import FOLLOWERS
from bihuan.domain.customers.queries import pairs
from bihuan.domain.customers.queries.profile import customer_profile
from bihuan.domain.customers.rules.arrivals import arrival
from bihuan.domain.customers.rules.records import Reader
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org import queries as org
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db

COLUMNS = ("key", "name", "phone", "resident_id", "address", "industry", "account", "email")
ID, OTHER_ID = "110101197503073033", "110105198806053718"
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def access(clerk):
    return org.access_of(clerk.staff_id, NOON)


@pytest.fixture
def arrive(ids):
    def arrived(source, trust=50, at=NOON, unit="east", **values):
        made, _ = Source.objects.get_or_create(
            code=source, defaults={"title": source, "trust": trust, "created_at": NOON}
        )
        record, wrong = Reader(COLUMNS, {name: name for name in COLUMNS}).read(
            [values.get(name, "") for name in COLUMNS]
        )
        assert record, wrong
        place = Place(made.pk, ids[unit], org.tree().under(ids[unit]))
        with transaction.atomic():
            take_in([arrival(1, record)], place, at=at)
        return Customer.objects.order_by("-id")[0].pk

    return arrived


@pytest.fixture
def two(arrive):
    first = arrive("营销", key="A1", name="张晓岚", phone="13812342046", industry="餐饮")
    second = arrive(
        "客服", 70, LATER, key="S1", name="张小岚", phone="13612349052", industry="物流"
    )
    return first, second


def merge(one, other, clerk, at=LATER):
    return merging.merge_customers(
        survivor_id=one, absorbed_id=other, grounds=merging.Grounds(), by=clerk, at=at
    )


def undo(merge_id, clerk):
    return merging.undo_merge(merge_id=merge_id, reason="不是同一个人", by=clerk, at=LATER)


def picture(customer_id):
    customer = Customer.objects.get(pk=customer_id)
    return (
        (customer.name, customer.attributes, customer.tier, customer.merged_into_id),
        sorted(customer.contacts.values_list("value_norm", "is_primary")),
        sorted(customer.identifiers.values_list("value_norm", flat=True)),
        sorted(customer.accounts.values_list("number", flat=True)),
        sorted(customer.source_rows.values_list("key", flat=True)),
        sorted(Interaction.objects.filter(customer_id=customer_id).values_list("id", flat=True)),
    )


def terms_of_phone(customer_id):
    point = Customer.objects.get(pk=customer_id).contacts.get(kind="PHONE")
    return point.consent, point.quiet_from, point.quiet_until


@pytest.mark.parametrize("how", ["one", "many"])
def test_what_was_agreed_about_a_number_that_both_files_have_is_not_lost(two, clerk, how):
    """The other file's refusal stayed with the file that rests: who had refused was called."""
    first, second = two
    said = {
        "consent": "REFUSED",
        "consent_at": LATER,
        "quiet_from": time(22),
        "quiet_until": time(8),
    }
    Customer.objects.get(pk=second).contacts.filter(kind="PHONE").update(
        value="13812342046", value_norm="13812342046", last4="2046", **said
    )
    Customer.objects.get(pk=first).contacts.update(consent="GIVEN", consent_at=NOON)

    if how == "one":
        merge_id = merge(first, second, clerk)
    else:
        with transaction.atomic():
            joins = [joining.Joining(first, second)]
            joining.join_many(joins, "sure", by=clerk, at=LATER)
        merge_id = Merge.objects.get().pk
    assert terms_of_phone(first) == ("REFUSED", time(22), time(8)), "the later answer holds"
    undo(merge_id, clerk)
    assert terms_of_phone(first) == ("GIVEN", None, None)
    assert terms_of_phone(second) == ("REFUSED", time(22), time(8))


def test_what_the_customer_said_since_a_merge_stays_when_it_is_undone(two, clerk):
    first, second = two
    said = {"consent": "REFUSED", "consent_at": NOON}
    Customer.objects.get(pk=second).contacts.filter(kind="PHONE").update(
        value="13812342046", value_norm="13812342046", last4="2046", **said
    )
    merge_id = merge(first, second, clerk)
    assert terms_of_phone(first)[0] == "REFUSED"
    Customer.objects.get(pk=first).contacts.filter(kind="PHONE").update(
        consent="GIVEN", consent_at=LATER
    )
    undo(merge_id, clerk)
    assert terms_of_phone(first)[0] == "GIVEN"


def spoke_with(customer_id):
    return Interaction.objects.create(
        customer_id=customer_id, channel="PHONE", direction="IN", outcome="ASIDE", by="x", at=NOON
    )


def test_a_merge_takes_everything_along_and_undoing_brings_exactly_that_back(two, clerk, access):
    first, second = two
    Account.objects.create(customer_id=second, number="3301-9", created_at=NOON)
    spoke_with(second)
    before = picture(first), picture(second)

    merge_id = merge(first, second, clerk)

    card = queries.customer_card(access, second)
    assert card.id == first
    assert {c.masked for c in card.contacts} == {"138****2046", "136****9052"}
    assert [a.number for a in card.accounts] == ["3301-9"]
    assert Interaction.objects.get().customer_id == first
    assert (card.name, Customer.objects.get(pk=first).attributes["industry"]) == ("张小岚", "物流")
    assert [row.id for row in queries.search(access, "9052")] == [first]
    assert undo(merge_id, clerk) == second
    assert (picture(first), picture(second)) == before
    with pytest.raises(merging.MergeUndone):
        undo(merge_id, clerk)
    facts = [fact.name for fact in ledger.facts_of(f"customer:{first}").rows]
    assert [name for name in facts if "merge" in name] == [
        "customer.merge_undone",
        "customer.merged",
    ]


def test_hand_made_files_come_back_as_they_were(ids, clerk):
    def made(name, phone):
        contacts = [actions.Contact("PHONE", phone)]
        new = actions.NewCustomer(name=name, unit_id=ids["east"], contacts=contacts, note="老客户")
        return actions.create_customer(new=new, by=clerk, at=NOON).pk

    first, second = made("何秀英", "13812342046"), made("何秀英", "13612349052")
    before = picture(first)[:2], picture(second)[:2]

    undo(merge(first, second, clerk), clerk)

    assert (picture(first)[:2], picture(second)[:2]) == before


def test_chains_are_resolved_and_part_in_any_order(two, arrive, clerk, access):
    first, second = two
    third = arrive("收费", key="F1", name="张晓兰", phone="13712348080", account="3301-8")
    before = picture(second)
    inner, outer = merge(second, third, clerk), merge(first, second, clerk)

    assert queries.customer_card(access, third).id == first
    assert Account.objects.get().customer_id == first

    undo(inner, clerk)
    assert Account.objects.get().customer_id == third
    assert queries.customer_card(access, second).id == first

    undo(outer, clerk)
    assert picture(second) == before


def test_two_proven_numbers_are_never_merged_not_even_by_hand(arrive, clerk):
    first = arrive("营销", key="A1", name="张晓岚", resident_id=ID)
    second = arrive("客服", key="S1", name="张晓岚", resident_id=OTHER_ID)

    with pytest.raises(merging.DifferentIdentities):
        merge(first, second, clerk)
    assert Customer.objects.filter(merged_into__isnull=False).count() == 0


def test_somebody_decides_about_a_doubt_takes_it_back_and_refuses(arrive, clerk, access):
    first = arrive("营销", key="A1", name="张晓岚", phone="13812342046")
    second = arrive("客服", key="S1", name="张小岚", phone="13812342046")
    waiting = pairs.pair_queue(access).rows
    assert [(one.left_id, one.right_id) for one in waiting] == [(first, second)]
    assert [said for said, weight in waiting[0].evidence if weight > 0] == ["姓名同音", "电话相同"]

    merging.accept_pair(pair_id=waiting[0].id, keep_id=second, by=clerk, at=LATER)
    assert pairs.pair_queue(access).rows == []
    assert queries.survivor_of(first) == second
    merging.reopen_pair(pair_id=waiting[0].id, by=clerk, at=LATER)
    assert [one.id for one in pairs.pair_queue(access).rows] == [waiting[0].id]

    merging.refuse_pair(pair_id=waiting[0].id, by=clerk, at=LATER)
    with pytest.raises(merging.PairDecided):
        merging.accept_pair(pair_id=waiting[0].id, by=clerk, at=LATER)
    assert consolidating.consolidate(unit_id=clerk.unit_id, by=clerk, at=LATER)["queued"] == 0


def test_the_batch_merges_what_is_sure_and_never_what_was_undone(arrive, clerk):
    first = arrive("营销", key="A1", name="张晓岚", phone="13812342046")
    second = arrive("客服", key="S1", name="张晓岚", phone="13612349052")
    point = Customer.objects.get(pk=second).contacts.get()
    point.value = point.value_norm = "13812342046"
    point.last4 = "2046"
    point.save()

    found = consolidating.consolidate(unit_id=clerk.unit_id, by=clerk, at=LATER)
    assert (found["merged"], queries.survivor_of(second)) == (1, first)

    undo(Merge.objects.get().pk, clerk)
    again = consolidating.consolidate(unit_id=clerk.unit_id, by=clerk, at=LATER)
    assert (again["merged"], queries.survivor_of(second)) == (0, second)


def test_doubts_move_along_with_a_merge(two, arrive, clerk):
    first, second = two
    third = arrive("收费", key="F1", name="张小兰", phone="13612349052")
    assert Pair.objects.filter(left_id=second, right_id=third).exists()

    merge_id = merge(first, second, clerk)
    assert Pair.objects.filter(left_id=first, right_id=third, state="OPEN").exists()

    undo(merge_id, clerk)
    assert not Pair.objects.filter(left_id=first, right_id=third).exists()


@pytest.mark.parametrize("together", [False, True], ids=["one merge", "many at once"])
def test_what_was_refused_of_one_file_is_refused_of_the_file_it_goes_on_in(
    two, arrive, clerk, together
):
    first, second = two
    third = arrive("门店", key="M1", name="张晓兰", phone="13712349053")
    Pair.objects.create(
        left_id=second, right_id=third, score=0.9, state="REFUSED", found_at=NOON, decided_at=NOON
    )
    if together:
        joining.join_many([joining.Joining(first, second)], "rule", by=clerk, at=LATER)
    else:
        merge(first, second, clerk)

    carried = Pair.objects.filter(left_id=first, right_id=third)
    assert [one.state for one in carried] == ["REFUSED"]
    undo(Merge.objects.get().pk, clerk)
    assert not carried.all().exists()


def test_relations_follow_and_nobody_is_related_to_themselves(two, arrive, clerk):
    first, second = two
    company = arrive("营销", key="O1", name="杭州恒运物流有限公司")
    bonds.relate(customer_id=second, other_id=company, kind=RelationKind.CONTACT, by=clerk, at=NOON)
    bonds.relate(customer_id=second, other_id=first, kind=RelationKind.HOUSEHOLD, by=clerk, at=NOON)

    merge_id = merge(first, second, clerk)
    assert set(Relation.objects.values_list("customer_id", "other_id")) == {
        (first, company),
        (second, first),
    }
    undo(merge_id, clerk)
    assert set(Relation.objects.values_list("customer_id", flat=True)) == {second}


def test_a_chosen_value_is_believed_whatever_the_others_say(two, clerk, access):
    first, second = two
    merge(first, second, clerk)
    profile = customer_profile(access, first)
    field = next(one for one in profile.fields if one.key == "attributes.industry")
    assert (field.value, field.sources, field.why, field.is_disputed) == (
        "物流",
        ("客服",),
        "来源最可信",
        True,
    )

    row = field.others[0].row_id
    profiling.choose_value(
        customer_id=first, field="attributes.industry", row_id=row, by=clerk, at=LATER
    )
    assert Customer.objects.get(pk=first).attributes["industry"] == "餐饮"


def test_who_may_not_merge_there_does_not(two, ids):
    west = given.actor(given.person("wu", ("admin", ids["west"])))

    with pytest.raises(NotAllowed):
        merge(*two, west)
    assert pairs.pair_queue(org.access_of(west.staff_id, NOON)).rows == []


def test_every_table_with_a_customer_follows_a_merge():
    customer = apps.get_model("customers", "Customer")
    relations = (f for f in customer._meta.get_fields(include_hidden=True) if f.auto_created)
    pointing = {
        relation.related_model._meta.db_table
        for relation in relations
        if relation.is_relation and relation.related_model._meta.app_label != "customers"
    }

    assert pointing == set(FOLLOWERS)


def test_two_people_who_merge_one_file_at_once_follow_one_another(arrive, two, clerk, monkeypatch):
    first, second = two
    third = arrive("门店", key="M1", name="张晓兰", phone="13712349053")
    merge(first, second, clerk)
    known = holding.survivor_of
    asked = []

    def read_before_the_other_was_done(customer_id):
        asked.append(customer_id)
        return customer_id if len(asked) <= 2 else known(customer_id)

    monkeypatch.setattr(holding, "survivor_of", read_before_the_other_was_done)
    merge(third, second, clerk)

    assert Merge.objects.filter(absorbed_id=second).count() == 1
    assert {queries.survivor_of(one) for one in (first, second, third)} == {third}
    assert Customer.objects.get(pk=third).contacts.count() == 3
