"""A few hundred cases of the hotline pack, opened and worked by the actions people use.

They differ in class, customer, place and age; most are closed, and the rest wait at every unit of the
process, some suspended, some overdue.
"""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from django.conf import settings

from bihuan.domain.cases import queries as cases
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as people
from bihuan.domain.packs import actions as packs, queries as installed
from bihuan.domain.processes import actions as processes
from bihuan.integrations import pack_files, scenarios
from bihuan.kit import db

PACK = "hotline"
SYSTEM = Actor("system:bench")
# Where cases wait, out of a hundred, and how long ago they were opened, in minutes.
WAITING: Sequence[tuple[str, int, tuple[int, int]]] = (
    ("closed", 62, (6_000, 250_000)),
    ("accept", 8, (1, 240)),
    ("judge", 5, (30, 400)),
    ("dispatch", 4, (60, 500)),
    ("handle", 12, (90, 6_000)),
    ("review", 3, (300, 3_000)),
    ("verify", 4, (300, 5_000)),
    ("archive", 2, (400, 6_000)),
)
HANDLERS = {
    "qingxi-dongmen": "zhouli",
    "tongshan-chengguan": "tangjian",
    "binhu-nan": "weidong",
    "chengzhou": "jiangbo",
}
CHANNELS = ("PHONE", "PHONE", "PHONE", "WECHAT", "WEB", "COUNTER")
SUBJECTS = ("家中突然停电", "电压低带不动空调", "账单比上月多一倍", "约好上门没有人来", "欠费交清仍未复电",
            "路口电杆倾斜", "表箱有异响", "重复扣费要求退回", "预约换表改期", "网点排队时间过长")  # fmt: skip
SAID = (
    "客户反映该情况已持续两天，昨晚曾拨打电话咨询，希望尽快核实原因并上门处理，处理后请电话回复。"
)
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙", ("建国", "丽华", "志强", "晓燕", "文斌", "秀芝")


def lay(count: int, *, at: datetime, seed: int = 1) -> None:
    """Install the packs and bring `count` cases to life."""
    db.run("set synchronous_commit = off")  # a load that is lost is laid again
    since = at.replace(year=at.year - 2, day=1)
    for name in ("base", PACK):
        folder = settings.ROOT / "packs" / name
        packs.install_pack(pack_files.read(folder), by=SYSTEM, at=since)
    people.open_demo_logins(by=SYSTEM, at=since)
    random = Random(seed)  # noqa: S311  the same load every time
    customers = [_customer(number, random) for number in range(max(1, count // 3))]
    rows = [_case(number, customers, random) for number in range(count)]
    script = scenarios.Script(PACK, customers, rows, _playbook())
    scenarios.perform(script, at=at)
    _suspend(at)


def _playbook() -> list[dict[str, Any]]:
    files = installed.definitions(kind="demo", pack_key=PACK)
    return [entry for file in files for entry in file.compiled.get("playbook", [])]


def _customer(number: int, random: Random) -> dict[str, Any]:
    return {
        "kind": "PERSON",
        "name": random.choice(SURNAMES) + random.choice(GIVEN),
        "phone": f"139{number:08d}",
        "account": f"SEED-{number:06d}",
        "address": f"澄州市青溪区东门街{number + 1}号",
        "unit": random.choice(list(HANDLERS)),
        "tier": random.choices(["NORMAL", "IMPORTANT", "VIP"], [90, 8, 2])[0],
    }


def _case(number: int, customers: list[dict[str, Any]], random: Random) -> dict[str, Any]:
    until, _share, (newest, oldest) = random.choices(WAITING, [row[1] for row in WAITING])[0]
    unit = random.choice(list(HANDLERS))
    refused = {"consent": "refused", "refusal_reason": "问题没有解决", "is_solved": False}
    again = until in {"closed", "handle"} and random.random() < 0.1
    subject = random.choice(SUBJECTS)
    return {
        "customer": random.choice(customers)["phone"],
        "class": random.choice(_classes()),
        "title": f"{subject}（{number}）",
        "description": f"{subject}。{SAID}",
        "channel": random.choice(CHANNELS),
        "opened": f"{random.randint(newest, oldest)}m",
        "until": until,
        "unit": unit,
        "handler": HANDLERS[unit],
        "rounds": [{"verify": {**refused, "channel": "PHONE"}}] if again else [],
    }


def _classes() -> list[str]:
    return [one.code for one in cases.classes(PACK) if one.level == 3]


def _suspend(at: datetime) -> None:
    """Let every sixth case that is being handled wait for something."""
    found = db.rows(
        "select instance_id from processes_token where node = 'handle' and kind = 'USER'"
        " and state in ('OPEN', 'CLAIMED') and id % 6 = 0"
    )
    for (instance_id,) in found:
        processes.suspend(instance_id, reason="等待用户提供材料", by=SYSTEM, at=at)
