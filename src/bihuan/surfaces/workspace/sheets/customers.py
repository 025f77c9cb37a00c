"""Customers as lists, heads and their own page show them.

A full number is never on a page of itself, not even for those who may see it: they ask for it with a
reason, and each look is a fact (SEC-01).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.timezone import localdate

from bihuan.domain.customers.queries import CustomerCard, CustomerRow
from bihuan.domain.customers.queries.pairs import MergeRow, PairRow
from bihuan.domain.customers.queries.profile import CustomerProfile
from bihuan.domain.org.ports import Access
from bihuan.domain.portfolios.queries.signers import ClosedFile
from bihuan.kit.masking import mask_phone
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.evidence import EVIDENCE

# A contract is to be renewed from three months before its end (CUS-18).
SOON: Final = 92


def customer_line(row: CustomerRow) -> dict[str, Any]:
    """Return a row of the list."""
    return {
        "address": reverse("customer", args=[row.id]),
        "name": row.name,
        "kind": words.CUSTOMER_KINDS.get(row.kind, row.kind),
        "phone": hidden(row.phone),
        "account": row.account_number,
        "place": row.address,
        "tier": words.TIERS.get(row.tier, ""),
    }


@dataclass(frozen=True, slots=True)
class Around:
    """A customer from all sides, with what was merged, what may be a double, and people's names by ref."""

    profile: CustomerProfile
    merges: Sequence[MergeRow]
    doubts: Sequence[PairRow]
    names: Mapping[str, str]


def customer_sheet(around: Around, access: Access, at: datetime) -> dict[str, Any]:
    """Return the whole page of a customer."""
    profile = around.profile
    card = profile.card
    return {
        **_head(around, access, at),
        "may_reveal": card.sees_phone,
        "may_edit": access.may("customer.edit", card.unit_id),
        "may_erase": access.may("customer.erase", card.unit_id),
        "may_sign": access.may("customer.sign", card.unit_id),
        "may_merge": access.may("customer.merge", card.unit_id),
        "fields": [field for field in profile.fields if field.value],
        "identifiers": profile.identifiers,
        "points": _points(profile),
        "accounts": card.accounts,
        "relations": profile.relations,
        "contracts": profile.contracts,
        "origins": profile.origins,
        "merges": [_merge(one, card.id, around.names) for one in around.merges],
        "doubts": [_doubt(one, card.id) for one in around.doubts],
    }


def _head(around: Around, access: Access, at: datetime) -> dict[str, Any]:
    profile, card = around.profile, around.profile.card
    unit = access.tree.units.get(card.unit_id)
    return {
        "id": card.id,
        "name": card.name,
        "kind": card.kind_title,
        "tier": words.TIERS.get(card.tier, ""),
        "state": "" if profile.state == "CUSTOMER" else profile.state_title + _lost(profile),
        "state_tone": "over" if profile.state == "LOST" else "brand",
        "summary": [
            f"客户号 C-{card.id:06d}",
            f"建档 {phrases.moment(card.created_at)}",
            *([f"所属 {unit.name}"] if unit else []),
        ],
        "owner": around.names.get(f"staff:{profile.owner_id}", ""),
        "share": profile.share,
        "missing": profile.missing,
        "contract_ends": _ends_soon(profile, at),
    }


def _lost(profile: CustomerProfile) -> str:
    return f"：{profile.lost_title}" if profile.lost_title else ""


def _ends_soon(profile: CustomerProfile, at: datetime) -> str:
    """Say when the next contract runs out, three months ahead (CUS-18)."""
    today = localdate(at)
    ends = [one.ends_date for one in profile.contracts if one.ends_date]
    days = min(((end - today).days for end in ends if end >= today), default=SOON + 1)
    return f"合同 {days} 天后到期" if days <= SOON else ""


def _merge(one: MergeRow, customer_id: int, names: Mapping[str, str]) -> dict[str, Any]:
    why = [EVIDENCE.get(name, name) for name, weight in one.evidence if weight > 0]
    return {
        "name": f"{one.absorbed_name} C-{one.absorbed_id:06d}",
        "why": one.reason or "、".join(why) or "人工合并",
        "by": names.get(one.by, "系统按规则"),
        "at": one.at,
        "moved": one.moved,
        "undone": one.undone_at is not None,
        "undo_address": reverse("customer-merge-undo", args=[customer_id, one.id]),
    }


def _doubt(one: PairRow, customer_id: int) -> dict[str, Any]:
    why = [EVIDENCE.get(name, name) for name, weight in one.evidence if weight > 0]
    name = one.right_name if one.left_id == customer_id else one.left_name
    return {"id": one.id, "name": name, "why": "、".join(why)}


def _points(profile: CustomerProfile) -> list[dict[str, Any]]:
    reveal = reveal_addresses(profile.card)
    sources = profile.contact_sources
    return [
        {
            "id": point.id,
            "kind": words.CONTACT_KINDS.get(point.kind, point.kind),
            "value": hidden(point.value) if point.kind == "PHONE" else point.value,
            "primary": point.is_primary,
            "refused": point.id in profile.refused,
            "source": "、".join(sources.get(point.id, ())[:2]),
            "reveal_address": reveal.get(point.id, ""),
        }
        for point in profile.card.contacts
    ]


def customer_head(card: CustomerCard) -> dict[str, Any]:
    """Return a customer for the head of a case."""
    account = card.accounts[0] if card.accounts else None
    return {
        "name": card.name,
        "tier": words.TIERS.get(card.tier, ""),
        "phone": hidden(card.phone),
        "account": account.number if account else "",
        "place": account.address if account else "",
        "address": reverse("customer", args=[card.id]),
        "note": card.note,
        "kind": card.kind_title,
        "closed": "",
        "reveal_address": _first_phone(card),
    }


def closed_head(closed: ClosedFile, *, may_break: bool) -> dict[str, Any]:
    """Return what the head of a case says of a file that stays closed: whose it is, and how to ask (decision 0342)."""
    whose = f"{closed.unit} {closed.owner}".strip()
    return {
        "closed": f"档案在 {whose} 名下" if closed.owner else f"档案在 {whose}",
        "ask_address": reverse("customer-ask", args=[closed.customer_id]),
        "break_address": reverse("customer-break-glass", args=[closed.customer_id])
        if may_break
        else "",
    }


def _first_phone(card: CustomerCard) -> str:
    reveal = reveal_addresses(card)
    phones = (point.id for point in card.contacts if point.kind == "PHONE")
    return next((reveal[phone] for phone in phones if phone in reveal), "")


def hidden(phone: str) -> str:
    """Return a number with its middle hidden, nothing for none."""
    return mask_phone(phone) if phone else ""


def reveal_addresses(card: CustomerCard) -> dict[int, str]:
    """Return where each full number is asked for, by contact, for those who may see it."""
    return {
        point.id: reverse("customer-phone", args=[card.id, point.id])
        for point in card.contacts
        if point.has_number and card.sees_phone
    }
