"""Stored words as people read them, with the signs that go with them."""

from collections.abc import Mapping
from typing import Any, Final

from bihuan.domain.cases.choices import (
    Attribution,
    CaseState,
    Channel,
    ClosureKind,
    Grade,
    GrantKind,
    RequestType,
    ReviewResult,
    Ruling,
)
from bihuan.domain.customers.choices import ContactKind, CustomerKind, Tier

GRADES: Final = {str(value): str(label) for value, label in Grade.choices}
STATES: Final = {str(value): str(label) for value, label in CaseState.choices}
CHANNELS: Final = {str(value): str(label) for value, label in Channel.choices}
REQUEST_TYPES: Final = {str(value): str(label) for value, label in RequestType.choices}
CUSTOMER_KINDS: Final = {str(value): str(label) for value, label in CustomerKind.choices}
CONTACT_KINDS: Final = {str(value): str(label) for value, label in ContactKind.choices}
ATTRIBUTIONS: Final = {str(value): str(label) for value, label in Attribution.choices}
CLOSINGS: Final = {str(value): str(label) for value, label in ClosureKind.choices}
GRANTS: Final = {str(value): str(label) for value, label in GrantKind.choices}
REVIEWS: Final = {str(value): str(label) for value, label in ReviewResult.choices}
RULINGS: Final = {str(value): str(label) for value, label in Ruling.choices}
TIERS: Final = {str(value): str(label) for value, label in Tier.choices if value != Tier.NORMAL}
# Case kinds stay grey; complaints and reports alone are tinted (DESIGN.md §1).
LOUD_KINDS: Final = frozenset({"COMPLAINT", "REPORT"})
CHANNEL_SIGNS: Final = {
    "PHONE": "phone",
    "COUNTER": "building-store",
    "ONSITE": "map-pin",
    "WEB": "world",
    "INTERNAL": "building",
    "LETTER": "mail",
    "EMAIL": "mail",
    "WECHAT": "brand-wechat",
    "SMS": "message-2",
    "GOVERNMENT": "building-bank",
    "MEDIA": "speakerphone",
}


def channel_sign(channel: str) -> str:
    """Return the icon of a channel."""
    return CHANNEL_SIGNS.get(channel, "message-circle")


# What the forms of packs call causes; people's own words stay as they are.
CAUSES: Final = {
    "material": "材料",
    "works": "施工",
    "design": "设计",
    "service": "服务",
    "promise": "违诺",
    "mistake": "工作差错",
    "customer": "客户原因",
    "equipment": "设备",
    "config": "配置",
    "defect": "程序缺陷",
    "hardware": "硬件",
    "capacity": "容量",
    "usage": "操作",
    "unknown": "未查明",
}


def cause(text: str) -> str:
    """Return a cause in words, whether a form's code or typed."""
    return CAUSES.get(text, text)


def _risen(data: Mapping[str, Any], level: str) -> str:
    """Say what an escalation did: a ladder's rung may be reached when the case stands higher already."""
    if not level:
        return "提醒有关人员"
    return f"升级为{level}" if data.get("rises", True) else "再次通知上级"


def said_in(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the stored words of a fact's data as people read them."""
    level = str(data.get("level_name") or "")
    closing = CLOSINGS.get(str(data.get("kind", "")), "")
    plain = {name: str(data.get(name, "")) for name in ("amount", "into", "repeats", "signature")}
    return {
        **plain,
        "attribution": ATTRIBUTIONS.get(str(data.get("attribution", "")), ""),
        "closing": f"办结：{closing}" if closing else "办结",
        "effective": "有效" if data.get("is_effective") else "无效，重新制订",
        "grant": GRANTS.get(str(data.get("kind", "")), "补偿或奖励"),
        "result": REVIEWS.get(str(data.get("result", "")), ""),
        "risen": _risen(data, level),
        "ruling": RULINGS.get(str(data.get("ruling", "")), ""),
    }
