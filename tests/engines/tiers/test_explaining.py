"""Every customer can be told why, in words and numbers."""

from decimal import Decimal

from bihuan.engines.tiers import explained, rate
from tests.engines.tiers.schemes import BANK, QUOTA, scheme, tree


def says(made, placed, known=None, **run):
    return list(explained(made, placed, known or {}, run).sentences)


def test_a_quota_names_place_equals_and_the_tiers_places():
    customers = [
        (one, {"fee": Decimal(amount)})
        for one, amount in enumerate((9, 8, 5, 5, 5, 3, 2, 2, 1, 0), 1)
    ]
    placed = rate(scheme(), customers)[4]

    assert says(scheme(), placed, count=10, total="40") == [
        "年电费 5 元，在 10 位客户中排第 3 位。",
        "共 3 位同分，同分的都按中间一名计：按第 4 位定级。",
        "一级客户占 30%，为第 2 到第 4 位。",
    ]


def test_indicators_show_value_points_weight_and_what_they_add():
    known = {"kwh": "25000", "fee": "5000", "late": None, "sector": "医院"}
    made = tree()
    why = explained(made, rate(made, [(1, known)])[1], known, {"count": 1, "total": "85"})

    assert [(p.path, p.title, p.value, p.points, p.weight, p.adds) for p in why.parts] == [
        (("用电贡献",), "年电量", "25,000 千瓦时", "70", "30", "21"),
        (("用电贡献",), "年电费", "5,000", "100", "20", "20"),
        ((), "用电规范性", "没有资料", "80", "30", "24"),
        ((), "敏感性", "医院", "100", "20", "20"),
    ]
    assert sum(Decimal(part.adds) for part in why.parts) == Decimal(85)


def test_a_threshold_names_its_range_and_what_lies_below():
    by = {"title": "存款", "reads": "deposit", "unit": "元"}
    made = scheme("threshold", BANK, [by])
    placed = rate(made, [(1, {"deposit": "250000"}), (2, {"deposit": "350000"}), (3, {})])

    assert says(made, placed[1]) == [
        "存款 250,000 元；重点维护客户为 200,000 起、不足 300,000 元。"
    ]
    assert says(made, placed[2]) == ["存款 350,000 元；VIP 客户为 300,000 元 起。"]
    assert says(made, placed[3]) == ["存款 0 元；不到最低一档 100,000 元，未评级。"]


def test_a_pyramid_names_the_share_of_those_ahead():
    top = [{**tier, "share": share} for tier, share in zip(QUOTA[:2], (80, 20), strict=True)]
    made = scheme("pyramid", top)
    placed = rate(made, [(1, {"fee": "700"}), (2, {"fee": "300"}), (3, {"fee": "0"})])

    assert says(made, placed[2], count=3, total="1000")[1] == (
        "排在前面的客户合计占总额的 70%；特级客户为 0% 起、不足 80%。"
    )
    assert says(made, placed[3], count=3, total="1000")[1] == "没有年电费，列入一级客户。"
