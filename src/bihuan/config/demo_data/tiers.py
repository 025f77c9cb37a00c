"""Customers' tiers, segments, relations and contracts of the installed packs' own demo data; after the customers themselves."""

from datetime import datetime

from bihuan.domain.packs import queries as packs
from bihuan.integrations.scenarios import bonds, grading


def load(*, at: datetime) -> str:
    """Load what is missing of every installed pack's ratings, segments and bonds."""
    there = sorted({one.pack_key for one in packs.definitions(kind="demo")})
    loaded = [grading.load(pack, at=at) for pack in there]
    bound = sum(bonds.load(pack, at=at) for pack in there)
    rated, kept = (sum(numbers) for numbers in zip(*loaded, strict=True)) if loaded else (0, 0)
    return f"客户等级：{rated} 次评级已生效，{kept} 个分群，{bound} 条关系与合同。"
