"""The customers and cases of the installed packs' own demo data."""

from datetime import datetime

from bihuan.domain.packs import queries as packs
from bihuan.integrations import scenarios


def load(*, at: datetime) -> str:
    """Load what is missing of every installed pack's demo data."""
    there = sorted({one.pack_key for one in packs.definitions(kind="demo")})
    loaded = [scenarios.load(pack, at=at) for pack in there]
    customers, cases = sum(one.customers for one in loaded), sum(one.cases for one in loaded)
    new = sum(one.new_cases for one in loaded)
    return f"演示数据：{customers} 位客户，{cases} 件工单（新增 {new} 件）。"
