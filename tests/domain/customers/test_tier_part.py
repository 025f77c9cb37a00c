"""A scheme with a mistake is refused with the line and what to write instead."""

import pytest

from bihuan.domain.customers.pack_parts import TierPart
from tests.domain.customers import tiers_given
from tests.domain.customers.tiers_given import BANK, GRID, PYRAMID, QUOTA
from tests.packs import shipped


def problems(text):
    pack = tiers_given.pack(value=text)
    file = next(one for one in pack.files if one.path.startswith("tiers/"))
    return [one.message for one in TierPart().check(file, pack)]


@pytest.mark.parametrize("text", tiers_given.SCHEMES.values())
def test_every_kind_of_scheme_is_found_right(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (QUOTA.replace("field.kwh", "field.kwhs"), "没有“field.kwhs”这项指标"),
        (QUOTA.replace("reads: field.kwh", "reads: field.sector"), "“field.sector”不是数字"),
        (QUOTA.replace("weight: 60", "weight: 50"), "这一层权重合计 90"),
        (QUOTA.replace("share: 30", "share: 20"), "各级占比合计 90%"),
        (QUOTA.replace("code: A", "code: S"), "有两个等级代码相同"),
        (QUOTA.replace("[1, 60], [3, 0]", "[3, 0], [1, 60]"), "“steps”没有从小到大"),
        (QUOTA.replace("[10000, 60]", "[10000, 很多]"), "“linear”应是数字"),
        (
            QUOTA.replace("words: {医院: 100, 政府: 90}, otherwise: 20", "missing: 1").replace(
                "sector", "fee"
            ),
            "没有写怎样给分",
        ),
        (QUOTA.replace("service: VIP", "service: GOLD"), "“service”不能是“GOLD”"),
        (BANK.replace("from: 1000.5", "from: 9000"), "界限没有从高到低"),
        (BANK.replace("[PERSON]", "[COMPANY]"), "没有“COMPANY”这类客户"),
        (PYRAMID.replace("field.fee", "field.kwh"), "金字塔以收入或利润为准，这一项不是金额"),
        (GRID.replace("- {code: 1B, title: 1B}", ""), "等级与两方面的组合对不上：1B"),
    ],
)
def test_a_mistake_is_told(text, message):
    assert problems(text) == [message]


@pytest.mark.parametrize("key", ["hotline", "complaint", "grading", "fleet"])
def test_the_schemes_that_come_with_the_product_are_found_right(key):
    pack = shipped.pack(key)
    files = list(pack.folder("tiers"))

    assert files
    assert [TierPart().check(file, pack) for file in files] == [[]] * len(files)
