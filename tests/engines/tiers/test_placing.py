"""The written rule of docs/reference/tiers.md, sentence by sentence, and its laws."""

import itertools
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from bihuan.engines.tiers import TIES, cuts, rate
from tests.engines.tiers.schemes import BANK, QUOTA, SPENDING, scheme, shares, tree, with_shares

few = st.lists(st.integers(0, 6).map(Decimal), min_size=1, max_size=60)
many = st.lists(st.integers(-50, 100_000).map(Decimal), min_size=1, max_size=200)


def fees(*amounts):
    return [(one, {"fee": amount}) for one, amount in enumerate(amounts, 1)]


def tiers(placed):
    return "".join(placed[one].tier for one in sorted(placed))


def test_a_million_and_three_customers_are_cut_at_whole_people():
    assert cuts(1_000_003, [10, 30, 50, 10]) == (100_000, 400_001, 900_003, 1_000_003)


def test_a_half_counts_as_one():
    assert cuts(5, [10, 30, 50, 10]) == (1, 2, 5, 5)


def test_ten_customers_without_equals_part_as_one_three_five_one():
    placed = rate(scheme(), fees(*(Decimal(n) for n in range(10))))

    assert Counter(one.tier for one in placed.values()) == {"S": 1, "A": 3, "B": 5, "C": 1}
    assert placed[10].tier == "S"
    assert placed[1].tier == "C"


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        # Ten customers; places 3 to 7 are equals. The best is in A, the middle (5) and the last (7) in B.
        ("up", "SAAAAAABBC"),
        ("middle", "SABBBBBBBC"),
        ("down", "SABBBBBBBC"),
        ("order", "SAAABBBBBC"),
    ],
)
def test_equals_share_a_place_as_the_scheme_says(ties, expected):
    amounts = [9, 8, 5, 5, 5, 5, 5, 3, 2, 1]

    assert tiers(rate(scheme(ties=ties), fees(*map(Decimal, amounts)))) == expected


def test_under_order_the_second_reading_parts_equals_then_the_older_file():
    ordered = scheme(ties="order", then=["age"])
    known = [(one, {"fee": Decimal(5), "age": age}) for one, age in ((1, None), (2, "3"), (3, "9"))]

    placed = rate(ordered, [*known, (4, {"fee": Decimal(5), "age": Decimal(9)})])

    assert [placed[one].place for one in (3, 4, 2, 1)] == [1, 2, 3, 4]


@given(many, shares(), st.booleans())
def test_under_order_every_tier_has_exactly_its_number(amounts, numbers, is_tied):
    if is_tied:
        amounts = [amount % 3 for amount in amounts]
    placed = rate(scheme(ties="order", tiers=with_shares(numbers)), fees(*amounts))

    ends = cuts(len(amounts), numbers)
    counts = Counter(one.tier for one in placed.values())
    wanted = [end - before for before, end in zip((0, *ends), ends, strict=False)]
    assert [counts[tier["code"]] for tier in QUOTA] == wanted


@given(few, shares(), st.sampled_from([ties for ties in TIES if ties != "order"]))
def test_equals_are_never_parted(amounts, numbers, ties):
    placed = rate(scheme(ties=ties, tiers=with_shares(numbers)), fees(*amounts))

    by_score = {}
    for one in placed.values():
        by_score.setdefault(one.score, set()).add(one.tier)
    assert all(len(found) == 1 for found in by_score.values())


@given(st.one_of(few, many), shares(), st.sampled_from(TIES))
def test_who_scores_more_is_never_in_a_lower_tier(amounts, numbers, ties):
    placed = rate(scheme(ties=ties, tiers=with_shares(numbers)), fees(*amounts))

    order = "SABC"
    stand = sorted(placed.values(), key=lambda one: -one.score)
    for better, worse in itertools.pairwise(stand):
        if better.score > worse.score:
            assert order.index(better.tier) <= order.index(worse.tier)


@given(many)
def test_without_equals_all_rules_agree(amounts):
    amounts = sorted(set(amounts))
    found = {ties: tiers(rate(scheme(ties=ties), fees(*amounts))) for ties in TIES}

    assert len(set(found.values())) == 1


@pytest.mark.parametrize(
    ("deposit", "tier"),
    [
        ("99999.99", ""),
        ("100000", "GOOD"),
        ("199999.99", "GOOD"),
        ("200000", "KEY"),
        ("300000", "VIP"),
    ],
)
def test_money_ranges_begin_with_their_first_yuan(deposit, tier):
    by = {"title": "存款", "reads": "deposit", "unit": "元"}
    placed = rate(scheme("threshold", BANK, [by]), [(1, {"deposit": deposit})])

    assert placed[1].tier == tier


def test_the_pyramid_is_cut_by_the_money_customers_bring():
    top = [{**tier, "share": share} for tier, share in zip(QUOTA[:3], (80, 15, 5), strict=True)]
    placed = rate(scheme("pyramid", top), fees(*map(Decimal, (700, 150, 100, 30, 20, 0, -40))))

    # Ahead of the second stand 70 %, of the third 85 %, of the fourth 95 %.
    assert tiers(placed) == "SSABBBB"


@given(many)
def test_the_pyramids_top_brings_at_least_its_share_and_not_one_customer_more(amounts):
    top = [{**tier, "share": share} for tier, share in zip(QUOTA[:2], (80, 20), strict=True)]
    placed = rate(scheme("pyramid", top), fees(*amounts))

    total = sum(max(amount, Decimal(0)) for amount in amounts)
    best = [one for one in placed.values() if one.tier == "S"]
    if total:
        assert sum(one.score for one in best) >= total * 80 / 100
        least = min(one.score for one in best)
        assert sum(one.score for one in best if one.score > least) * 100 < total * 80


def test_a_grid_puts_two_figures_together():
    spending = {**SPENDING, "bands": [{"code": "5", "from": 100}, {"code": "1"}]}
    sector = {"title": "性质", "reads": "sector", "words": {"政府": 1}}
    sector["bands"] = [{"code": "A", "from": 1}, {"code": "B"}]
    cells = [{"code": code, "title": code} for code in ("5A", "5B", "1A", "1B")]
    known = [(1, {"fee": "100", "sector": "政府"}), (2, {"fee": "3", "sector": ""})]

    placed = rate(scheme("grid", cells, [spending, sector]), known)

    assert tiers(placed) == "5A1B"


def test_a_score_is_the_weighted_sum_of_points_to_the_last_digit():
    known = {"kwh": "25000", "fee": "5,000", "late": None, "sector": "医院"}

    # 0.3 × (60 + 40 × 15000 / 60000) + 0.2 × 100 + 0.3 × 80 + 0.2 × 100
    assert rate(tree(), [(1, known)])[1].score == Decimal("85.000000")


def test_a_text_that_is_no_number_counts_as_not_known():
    known = {"kwh": "很多", "fee": "1e5", "late": "二", "sector": " "}

    assert rate(tree(), [(1, known)])[1].score == Decimal("24")
