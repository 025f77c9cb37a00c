"""Stored words as people read them, with the signs that go with them."""

from typing import Final

from bihuan.domain.cases.choices import CaseState, Channel, Grade, RequestType
from bihuan.domain.customers.choices import ContactKind, CustomerKind, Tier

GRADES: Final = {str(value): str(label) for value, label in Grade.choices}
STATES: Final = {str(value): str(label) for value, label in CaseState.choices}
CHANNELS: Final = {str(value): str(label) for value, label in Channel.choices}
REQUEST_TYPES: Final = {str(value): str(label) for value, label in RequestType.choices}
CUSTOMER_KINDS: Final = {str(value): str(label) for value, label in CustomerKind.choices}
CONTACT_KINDS: Final = {str(value): str(label) for value, label in ContactKind.choices}
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
