"""A pack with a scheme of every kind, and customers to rate."""

from bihuan.domain.customers import actions
from bihuan.domain.customers.actions import profiling
from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.packs import actions as packs
from bihuan.engines.packs.source import read_pack
from tests.domain.org.given import NOON

MANIFEST = 'key = "power"\nversion = "1.0"\nname = { zh = "供电" }\n'
FIELDS = """
title: 用电客户
fields:
  - {key: kwh, title: 年用电量, type: number, unit: 千瓦时}
  - {key: fee, title: 年电费, type: money, unit: 元}
  - {key: late, title: 迟缴次数, type: number, unit: 次}
  - {key: sector, title: 性质}
"""
QUOTA = """
code: value
title: 客户价值分级
kind: quota
leads: true
every: month
ties: middle
score:
  - title: 用电贡献
    weight: 50
    parts:
      - {title: 年用电量, weight: 60, reads: field.kwh, unit: 千瓦时, linear: [[0, 0], [10000, 60], [70000, 100]]}
      - {title: 年电费, weight: 40, reads: field.fee, unit: 元, steps: [[0, 10], [1000, 50], [5000.5, 100]]}
  - {title: 缴费及时, weight: 30, reads: field.late, unit: 次, steps: [[0, 100], [1, 60], [3, 0]], missing: 80}
  - {title: 敏感性, weight: 20, reads: field.sector, words: {医院: 100, 政府: 90}, otherwise: 20}
tiers:
  - code: S
    title: 特级客户
    share: 10
    service: VIP
    priority: 80
    follow_up: {every: month, times: 2}
    rights: [零距离服务专员, 后停先送（申请后实施）]
  - {code: A, title: 一级客户, share: 30, service: IMPORTANT, priority: 60, follow_up: {every: month}}
  - {code: B, title: 二级客户, share: 50}
  - {code: C, title: 三级客户, share: 10}
"""
ORDER = (
    QUOTA.replace("code: value", "code: strict")
    .replace("leads: true", "leads: false")
    .replace("ties: middle", "ties: order\nthen: [field.fee]")
    .replace("every: month\n", "", 1)
)
BANK = """
code: deposit
title: 存款分档
kind: threshold
applies: [PERSON]
by: {title: 存款, reads: field.fee, unit: 元}
tiers:
  - {code: VIP, title: VIP 客户, from: 5000}
  - {code: KEY, title: 重点维护客户, from: 1000.5}
  - {code: GOOD, title: 优质客户, from: 10}
"""
PYRAMID = """
code: pyramid
title: 客户金字塔
kind: pyramid
by: {title: 年电费, reads: field.fee, unit: 元}
tiers:
  - {code: TOP, title: 塔尖, share: 80}
  - {code: MID, title: 塔身, share: 15}
  - {code: BASE, title: 塔基, share: 5}
"""
GRID = """
code: business
title: 政企分级
kind: grid
grid:
  - {title: 年电费, reads: field.fee, unit: 元, bands: [{code: "2", from: 1000}, {code: "1"}]}
  - {title: 性质, reads: field.sector, words: {政府: 1}, bands: [{code: A, from: 1}, {code: B}]}
tiers:
  - {code: 2A, title: 2A}
  - {code: 2B, title: 2B}
  - {code: 1A, title: 1A}
  - {code: 1B, title: 1B}
"""
SCHEMES = {"value": QUOTA, "strict": ORDER, "deposit": BANK, "pyramid": PYRAMID, "business": GRID}


def pack(**schemes):
    files = {"pack.toml": MANIFEST, "customers/customers.yaml": FIELDS}
    files |= {f"tiers/{name}.yaml": text for name, text in (schemes or SCHEMES).items()}
    return read_pack({path: text.encode() for path, text in files.items()})


def installed(**schemes):
    packs.install_pack(source=pack(**schemes), by=SYSTEM, at=NOON)


def customer(unit_id, name, *, kind=CustomerKind.PERSON, at=NOON, **attributes):
    new = actions.NewCustomer(name=name, unit_id=unit_id, kind=kind)
    made = actions.create_customer(new=new, by=SYSTEM, at=at)
    if attributes:
        profiling.set_attributes(customer_id=made.pk, values=attributes, by=SYSTEM, at=at)
    return made.pk
