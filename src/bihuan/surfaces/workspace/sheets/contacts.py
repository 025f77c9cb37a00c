"""Mails in the story of a case: what came and went, and how far it got.

Contacts on other channels are told by facts of their own: the opening, a note, an urge.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from bihuan.domain.interactions.queries import InteractionRow
from bihuan.kit.masking import mask_mail

RECEIVED: Final = "interaction.received"
SENT: Final = "interaction.sent"
RETURNED: Final = "letter.returned"
_LETTERS: Final[Mapping[str, tuple[str, str]]] = {
    RETURNED: ("邮件没有送达客户", "warn"),
    "letter.held": ("邮件等免打扰结束再发", "warn"),
    "letter.hurried": ("急件，未等免打扰结束", "warn"),
    "letter.withheld": ("邮件未发出", "over"),
}
OPENING: Final = frozenset({"OPENED", "OPENED_BESIDE"})
_STATES: Final[Mapping[str, str]] = {
    "WAITING": "待发送",
    "RETURNED": "被退回",
    "WITHHELD": "未发出",
}
Said = Mapping[tuple[str, datetime], str]


class ContactLook(NamedTuple):
    """How a contact is drawn."""

    title: str
    sign: str
    tone: str


def look_of(name: str, data: Mapping[str, Any]) -> ContactLook | None:
    """Return how a fact about a contact looks, None for any other fact."""
    by_machine = data.get("nature") == "AUTO_REPLY"
    if name in _LETTERS:
        title, tone = _LETTERS[name]
        return ContactLook(title, "mail", tone)
    if name == SENT:
        return ContactLook("自动回执" if by_machine else "邮件答复客户", "mail", "")
    if name == RECEIVED and data.get("nature") == "BOUNCE":
        return ContactLook("邮件被退回", "mail", "warn")
    if name == RECEIVED:
        return ContactLook("客户邮箱自动回复" if by_machine else "客户来信", "mail", "brand")
    return None


def is_mail(name: str, data: Mapping[str, Any]) -> bool:
    """Tell whether a fact is about a mail."""
    return name in (RECEIVED, SENT) and data.get("channel") == "EMAIL"


def said_in(contacts: Iterable[InteractionRow]) -> dict[tuple[str, datetime], str]:
    """Return what was said in each contact, by its fact.

    What opened the case is told by the opening itself: of that only our remark is repeated.
    """
    return {(SENT if one.is_ours else RECEIVED, one.at): _said(one) for one in contacts}


def is_repeated(name: str, at: datetime, data: Mapping[str, Any], said: Said) -> bool:
    """Tell whether a contact says nothing that other facts do not say: the opening of the case, a note."""
    if name not in (RECEIVED, SENT):
        return False
    if not is_mail(name, data):
        return True
    return data.get("outcome") in OPENING and not said.get((name, at))


def letter_state(one: InteractionRow) -> str:
    """Say how far a mail of ours has come and what stands against it, nothing once it was sent."""
    state = _STATES.get(one.letter_state, "")
    why = f"：{one.letter_error}" if one.letter_error else ""
    return f"〔{state}{why}〕" if state else ""


def _said(one: InteractionRow) -> str:
    parts = [one.remark] if one.outcome in OPENING else [one.text, one.remark]
    if one.is_ours:
        parts = [letter_state(one), one.text]
    elif one.outcome not in OPENING and one.party_address:
        who = one.party_name or mask_mail(one.party_address)
        parts.insert(0, f"{who}：")
    return "\n".join(part for part in parts if part)
