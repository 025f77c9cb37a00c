"""Schemes as packs write them, and strategies for any."""

from hypothesis import strategies as st

from bihuan.engines.tiers import scheme_from

SPENDING = {"title": "年电费", "reads": "fee", "unit": "元"}
QUOTA = [
    {"code": "S", "title": "特级客户", "share": 10, "service": "VIP"},
    {"code": "A", "title": "一级客户", "share": 30, "service": "IMPORTANT"},
    {"code": "B", "title": "二级客户", "share": 50},
    {"code": "C", "title": "三级客户", "share": 10},
]
TREE = [
    {
        "title": "用电贡献",
        "weight": 50,
        "parts": [
            {
                "title": "年电量",
                "weight": 60,
                "reads": "kwh",
                "unit": "千瓦时",
                "linear": [[0, 0], [10000, 60], [70000, 100]],
            },
            {
                "title": "年电费",
                "weight": 40,
                "reads": "fee",
                "steps": [[0, 10], [1000, 50], [5000, 100]],
            },
        ],
    },
    {
        "title": "用电规范性",
        "weight": 30,
        "reads": "late",
        "steps": [[0, 100], [1, 60], [3, 0]],
        "missing": 80,
    },
    {
        "title": "敏感性",
        "weight": 20,
        "reads": "sector",
        "words": {"医院": 100, "政府": 90},
        "otherwise": 20,
    },
]
BANK = [
    {"code": "VIP", "title": "VIP 客户", "from": 300000, "service": "VIP"},
    {"code": "KEY", "title": "重点维护客户", "from": 200000, "service": "IMPORTANT"},
    {"code": "GOOD", "title": "优质客户", "from": 100000},
]


def scheme(kind="quota", tiers=QUOTA, figures=(SPENDING,), **more):
    said = {"code": "value", "title": "客户价值分级", "kind": kind, "tiers": tiers}
    return scheme_from({**said, "figures": list(figures), **more})


def tree(**more):
    return scheme(figures=[{"title": "得分", "parts": TREE}], **more)


@st.composite
def shares(draw):
    """Four shares that make a hundred."""
    marks = sorted(draw(st.lists(st.integers(1, 99), min_size=3, max_size=3, unique=True)))
    return [high - low for low, high in zip([0, *marks], [*marks, 100], strict=True)]


def with_shares(numbers):
    return [{**tier, "share": share} for tier, share in zip(QUOTA, numbers, strict=True)]
