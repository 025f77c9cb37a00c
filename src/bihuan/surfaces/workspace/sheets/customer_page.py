"""One customer from all sides, as their page shows it: who, how to reach them, what to do next (CUS-02, CUS-05)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.timezone import localdate

from bihuan.domain.customers.choices import RelationKind
from bihuan.domain.customers.queries import ContactRow
from bihuan.domain.customers.queries.bonds import ContractRow, TermsRow
from bihuan.domain.customers.queries.following import Due
from bihuan.domain.customers.queries.pairs import MergeRow, PairRow
from bihuan.domain.customers.queries.profile import CustomerProfile
from bihuan.domain.interactions.queries import InteractionRow
from bihuan.domain.org.ports import Access
from bihuan.engines.contacting import NO_TIME, NOT_AGREED, Clearance
from bihuan.kit.masking import mask_text
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.contacts import letter_state
from bihuan.surfaces.workspace.sheets.customers import hidden, reveal_addresses
from bihuan.surfaces.workspace.sheets.evidence import EVIDENCE
from bihuan.surfaces.workspace.sheets.ratings import EVERY

# A contract is to be renewed from three months before its end (CUS-18).
SOON: Final = 92
SAID: Final = 160
# A contact, theirs and ours.
_CALLED: Final = {
    "PHONE": ("来电", "去电"),
    "COUNTER": ("来访", "接待"),
    "ONSITE": ("现场反映", "上门"),
    "EMAIL": ("来信", "去信"),
    "LETTER": ("来信", "去信"),
    "WEB": ("网上来件", "网上答复"),
}
_MACHINES: Final = {"AUTO_REPLY": "自动回复", "BOUNCE": "退信", "AUTO_GENERATED": "系统邮件"}


@dataclass(frozen=True, slots=True)
class Around:
    """A customer from all sides, with what was merged, what may be a double, and people's names by ref."""

    profile: CustomerProfile
    merges: Sequence[MergeRow] = ()
    doubts: Sequence[PairRow] = ()
    names: Mapping[str, str] | None = None
    due: Due | None = None
    is_bound: bool = False


def customer_sheet(around: Around, access: Access, at: datetime) -> dict[str, Any]:
    """Return the whole page of a customer."""
    profile, card = around.profile, around.profile.card
    names = around.names or {}
    return {
        **_head(around, access, at),
        **_verbs(around, access),
        "fields": [field for field in profile.fields if field.value],
        "identifiers": profile.identifiers,
        "points": _points(profile, at),
        "accounts": card.accounts,
        "relations": profile.relations,
        "contracts": [contract_line(one, localdate(at)) for one in profile.contracts],
        "origins": profile.origins,
        "merges": [_merge(one, card.id, names) for one in around.merges],
        "doubts": [_doubt(one, card.id) for one in around.doubts],
        "due": due_line(around.due, localdate(at)) if around.due else None,
        "next": _next(profile, at) if access.may("customer.edit", card.unit_id) else [],
    }


def _verbs(around: Around, access: Access) -> dict[str, bool]:
    """Return what the asker may do with this file."""
    card = around.profile.card
    verbs = ("edit", "erase", "sign", "merge")
    may = {f"may_{verb}": access.may(f"customer.{verb}", card.unit_id) for verb in verbs}
    gives = may["may_edit"] and (may["may_sign"] or not around.is_bound)
    return {**may, "may_reveal": card.sees_phone, "may_give": gives}


def _head(around: Around, access: Access, at: datetime) -> dict[str, Any]:
    profile, card = around.profile, around.profile.card
    unit = access.tree.units.get(card.unit_id)
    owner = (around.names or {}).get(f"staff:{profile.owner_id}", "")
    return {
        "id": card.id,
        "name": card.name,
        "kind": card.kind_title,
        "tier": words.TIERS.get(card.tier, ""),
        "life": profile.state,
        "state": "" if profile.state == "CUSTOMER" else profile.state_title + _lost(profile),
        "state_tone": "over" if profile.state == "LOST" else "brand",
        "summary": [
            f"客户号 C-{card.id:06d}",
            *_liaison(profile),
            *([f"负责人 {owner}"] if owner else []),
            *([f"所属 {unit.name}"] if unit else []),
            f"建档 {phrases.moment(card.created_at)}",
        ],
        "owner": owner,
        "share": profile.share,
        "missing": profile.missing,
        "contract_ends": _ends_soon(profile, at),
        "advice": _advice(profile, at),
    }


def _liaison(profile: CustomerProfile) -> list[str]:
    """Return with whom we speak at an organisation, else the customer's own number."""
    title = RelationKind.CONTACT.label
    contact = next((one for one in profile.relations if one.title == title), None)
    if contact is not None:
        return [f"对接人 {contact.name} {contact.note}".rstrip()]
    return [profile.card.phone_masked] if profile.card.phone_masked else []


def _lost(profile: CustomerProfile) -> str:
    return f"：{profile.lost_title}" if profile.lost_title else ""


def _ends_soon(profile: CustomerProfile, at: datetime) -> str:
    """Say when the next contract runs out, three months ahead (CUS-18)."""
    today = localdate(at)
    ends = [one.ends_date for one in profile.contracts if one.ends_date]
    days = min(((end - today).days for end in ends if end >= today), default=SOON + 1)
    return f"合同 {_in_days(days)}到期" if days <= SOON else ""


def _advice(profile: CustomerProfile, at: datetime) -> str:
    """Say when the customer is not to be called, now or at all."""
    phone = _first(profile, "PHONE")
    if phone is None:
        return ""
    now = profile.terms[phone.id].now(at)
    return _never_said(now) if now.never else "" if now.is_free else "现在免打扰"


def _never_said(stands: Clearance) -> str:
    """Say why somebody is not to be contacted at all; not having been asked is no refusal."""
    return {NOT_AGREED: "未同意联系", NO_TIME: "全天免打扰"}.get(stands.why, "拒绝联系")


def _first(profile: CustomerProfile, kind: str) -> ContactRow | None:
    return next((one for one in profile.card.contacts if one.kind == kind), None)


def _points(profile: CustomerProfile, at: datetime) -> list[dict[str, Any]]:
    reveal = reveal_addresses(profile.card)
    sources = profile.contact_sources
    return [
        {
            "id": point.id,
            "kind": words.CONTACT_KINDS.get(point.kind, point.kind),
            "value": hidden(point.value) if point.kind == "PHONE" else point.value,
            "primary": point.is_primary,
            **_agreed(profile.terms[point.id], at),
            "source": "、".join(sources.get(point.id, ())[:2]),
            "reveal_address": reveal.get(point.id, ""),
        }
        for point in profile.card.contacts
    ]


def _agreed(terms: TermsRow, at: datetime) -> dict[str, Any]:
    """Return how a contact may be used: what was asked, since when, and when not to."""
    hours = ""
    if terms.quiet_from is not None:
        hours = f"免打扰 {terms.quiet_from:%H:%M}–{terms.quiet_until:%H:%M}"
    return {
        "consent": terms.consent,
        "consent_title": terms.consent_title,
        "consent_at": terms.consent_at,
        "quiet": hours,
        "is_quiet": terms.now(at).until is not None,
    }


def contract_line(one: ContractRow, today: date) -> dict[str, Any]:
    """Return a contract with what its days mean today."""
    state, tone = _running(one, today)
    amount = "" if one.amount is None else f"{one.amount:,.2f}".removesuffix(".00")
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "terms": one.terms,
        "starts_date": one.starts_date,
        "ends_date": one.ends_date,
        "amount": amount if one.currency == "CNY" or not amount else f"{one.currency} {amount}",
        "state": state,
        "tone": tone,
        "is_over": bool(one.ends_date and one.ends_date < today),
    }


def _running(one: ContractRow, today: date) -> tuple[str, str]:
    if one.ends_date is not None and one.ends_date < today:
        return "已到期", ""
    if one.starts_date > today:
        return "未开始", ""
    days = (one.ends_date - today).days if one.ends_date else SOON + 1
    return (f"{_in_days(days)}到期", "warn") if days <= SOON else ("履行中", "ok")


def _in_days(days: int) -> str:
    return f"{days} 天后" if days else "今天"


def due_line(due: Due, today: date) -> dict[str, Any]:
    """Return a follow-up that is due: when, how often, since when nobody has spoken with the customer."""
    left = (due.due_on - today).days
    if left < 0:
        said, tone = f"已过 {-left} 天", "over"
    else:
        said = "今天该联系" if left == 0 else f"还有 {left} 天"
        tone = "warn" if left <= 3 else ""
    times, every = due.promised.times, EVERY[due.promised.every]
    return {
        "customer_id": due.customer_id,
        "name": due.name,
        "on": due.due_on,
        "said": said,
        "tone": tone,
        "promised": f"{due.tier}，每{every}回访 {times} 次",
        "last_on": due.last_on,
    }


def call_line(stands: Clearance) -> dict[str, str]:
    """Return what stands against a call now: until when, that the customer refused, or did not agree yet."""
    if stands.never:
        return {"stands": _never_said(stands), "stands_tone": "over"}
    if stands.until is None:
        return {"stands": "", "stands_tone": ""}
    until = phrases.short_moment(stands.until)
    return {"stands": f"免打扰至 {until}", "stands_tone": "warn"}


def _next(profile: CustomerProfile, at: datetime) -> list[dict[str, str]]:
    """Return what is worth doing next, the most pressing first; each leads to where it is done."""
    customer = [profile.card.id]
    today, found = localdate(at), []
    for one in profile.contracts:
        state, tone = _running(one, today)
        if tone == "warn":
            address = reverse("customer-contract-new", args=customer)
            found.append(_step("file-text", f"商谈续约：{one.title}", state, address))
    if profile.state == "PROSPECT" and profile.card.accounts:
        address = reverse("customer-state", args=[*customer, "win"])
        found.append(_step("user-check", "转为客户", "已有户号", address))
    phone = _first(profile, "PHONE")
    if phone is not None and profile.terms[phone.id].consent == "UNKNOWN":
        address = reverse("customer-contact-terms", args=[*customer, phone.id])
        found.append(_step("bell-question", "问明是否同意电话联系", "未问过", address))
    if profile.missing:
        address = reverse("customer-details", args=customer)
        found.append(_step("forms", "补齐资料", "、".join(profile.missing), address))
    return found


def _step(sign: str, title: str, why: str, address: str) -> dict[str, str]:
    return {"sign": sign, "title": title, "why": why, "address": address}


def contact_lines(
    contacts: Sequence[tuple[str, InteractionRow]],
    cases: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return contacts on all channels, newest first; `cases` holds number and address by ref."""
    return [
        {
            "sign": words.channel_sign(one.channel),
            "tone": "" if one.is_ours else "brand",
            "title": _contact_title(one),
            "who": names.get(one.by, "") or one.party_name,
            "case": cases.get(root),
            "said": letter_state(one) + mask_text(one.text or one.subject)[:SAID],
            "at": one.at,
        }
        for root, one in contacts
    ]


def _contact_title(one: InteractionRow) -> str:
    if one.nature in _MACHINES:
        return _MACHINES[one.nature]
    channel = words.CHANNELS.get(one.channel, one.channel)
    return _CALLED.get(one.channel, (channel, channel))[one.is_ours]


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
