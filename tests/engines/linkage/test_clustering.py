"""Laws of groups: different valid ids never meet, and the order in which records come changes nothing."""

from hypothesis import given, strategies as st

from bihuan.engines.linkage.clustering import group, group_agreeing

PAIRS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda one: one[0] < one[1]),
    max_size=40,
)
IDS = st.dictionaries(st.integers(0, 12), st.sampled_from(["A", "B", "C"]), max_size=8)


@given(pairs=PAIRS, ids=IDS)
def test_two_valid_ids_never_end_in_one_group(pairs, ids):
    leader = group(pairs, ids).leader

    for one, first in ids.items():
        for other, second in ids.items():
            if leader.get(one, one) == leader.get(other, other):
                assert first == second


@given(pairs=PAIRS)
def test_without_ids_groups_are_what_hangs_together(pairs):
    leader = group(pairs, {}).leader

    assert all(leader.get(one, one) == leader.get(other, other) for one, other in pairs)
    assert all(leader.get(top, top) == top <= one for one, top in leader.items())


@given(pairs=PAIRS, ids=IDS)
def test_what_was_kept_apart_is_told(pairs, ids):
    found = group(pairs, ids)

    for one, other in found.kept_apart:
        assert found.leader.get(one, one) != found.leader.get(other, other)
    assert not found.kept_apart or ids


@given(pairs=PAIRS, turned=st.randoms(use_true_random=False))
def test_the_order_of_pairs_changes_no_group(pairs, turned):
    shuffled = list(pairs)
    turned.shuffle(shuffled)

    assert group(pairs, {}).leader == group(shuffled, {}).leader


def test_what_somebody_refused_is_kept_apart_through_others_too():
    found = group([(1, 2), (2, 3), (3, 4)], {}, refused=[(4, 1)])

    assert (found.leader, found.kept_apart) == ({2: 1, 3: 1}, ((3, 4),))


def all_of(records, bits):
    return [(one, two, bits, True) for one in records for two in records if one < two]


def test_one_wrong_pair_does_not_join_two_well_known_customers():
    judged = [*all_of(range(1, 5), 12.0), *all_of(range(5, 9), 12.0), (4, 5, 8.0, True)]

    found = group_agreeing(judged, {})

    assert {found.leader.get(one, one) for one in range(1, 9)} == {1, 5}
    assert found.kept_apart == ((4, 5),)
    assert group([(left, right) for left, right, _, _ in judged], {}).leader[8] == 1


def test_what_was_compared_and_differs_speaks_against_a_join():
    judged = [(1, 2, 9.0, True), (2, 3, 4.0, True), (1, 3, -5.0, False)]

    assert group_agreeing(judged, {}).leader == {2: 1}
    assert group_agreeing(judged[:2], {}).leader == {2: 1, 3: 1}


@given(pairs=PAIRS, ids=IDS)
def test_two_valid_ids_never_agree(pairs, ids):
    leader = group_agreeing([(*pair, 9.0, True) for pair in pairs], ids).leader

    for one, first in ids.items():
        for other, second in ids.items():
            if leader.get(one, one) == leader.get(other, other):
                assert first == second
