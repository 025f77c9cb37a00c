"""Customers as lists, heads and their own page show them.

A full number is never on a page of itself, not even for those who may see it: they ask for it with a
reason, and each look is a fact (SEC-01).
"""

from typing import Any

from django.urls import reverse

from bihuan.domain.customers.queries import CustomerCard, CustomerRow
from bihuan.domain.org.ports import Access
from bihuan.kit.masking import mask_phone
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets import words


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


def customer_sheet(card: CustomerCard, access: Access) -> dict[str, Any]:
    """Return the whole page of a customer."""
    unit = access.tree.units.get(card.unit_id)
    return {
        "id": card.id,
        "name": card.name,
        "kind": card.kind_title,
        "tier": words.TIERS.get(card.tier, ""),
        "summary": [
            f"客户号 C-{card.id:06d}",
            f"建档 {phrases.moment(card.created_at)}",
            *([f"所属 {unit.name}"] if unit else []),
        ],
        "note": card.note,
        "may_reveal": card.sees_phone,
        "points": _points(card),
        "accounts": card.accounts,
    }


def _points(card: CustomerCard) -> list[dict[str, Any]]:
    reveal = reveal_addresses(card)
    return [
        {
            "id": point.id,
            "kind": words.CONTACT_KINDS.get(point.kind, point.kind),
            "value": hidden(point.value) if point.kind == "PHONE" else point.value,
            "primary": point.is_primary,
            "reveal_address": reveal.get(point.id, ""),
        }
        for point in card.contacts
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
        "reveal_address": _first_phone(card),
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
