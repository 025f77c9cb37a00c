"""Customers as lists, heads and their own page show them.

A full number is never on a page of itself, not even for those who may see it: they ask for it with a
reason, and each look is a fact (SEC-01).
"""

from typing import Any

from django.urls import reverse

from bihuan.domain.customers.queries import CustomerCard, CustomerRow
from bihuan.domain.portfolios.queries.signers import ClosedFile
from bihuan.kit.masking import mask_phone
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
