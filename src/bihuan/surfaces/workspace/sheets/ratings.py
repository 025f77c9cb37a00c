"""Ratings of customers and customers' tiers, as their pages show them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from bihuan.domain.customers.choices import RatingState
from bihuan.domain.customers.queries import ratings
from bihuan.domain.customers.queries.ratings import (
    Change,
    Entitlement,
    Move,
    RatedRow,
    RatingRow,
    Standing,
)
from bihuan.engines.tiers import Scheme
from bihuan.engines.tiers.explaining import plain
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.people import names_behind

STATES: Final = {str(value): str(label) for value, label in RatingState.choices}
TONES: Final = {"PROPOSED": "warn", "APPLIED": "ok", "REFUSED": "over"}
WORKING: Final = frozenset({"DRAWING", "APPROVED"})
EVERY: Final = {"day": "天", "week": "周", "month": "月", "quarter": "季度", "year": "年"}
KINDS: Final = {"quota": "按比例", "threshold": "按界限", "pyramid": "金字塔", "grid": "两维方格"}
SERVICES: Final = {**words.TIERS, "NORMAL": "普通"}
# In an address: a customer without a tier.
NONE: Final = "-"


def rating_line(
    row: RatingRow, names: Mapping[str, str], units: Mapping[int, str]
) -> dict[str, Any]:
    """Return one rating of the list."""
    return {
        "address": reverse("customer-rating", args=[row.id]),
        "title": row.scheme.title,
        "unit": units.get(row.unit_id, ""),
        "state": STATES[row.state],
        "tone": TONES.get(row.state, "brand"),
        "count": row.count,
        "moved": row.moved,
        "by": names.get(row.by, "系统按期"),
        "decided_by": names.get(row.decided_by, ""),
        "at": row.as_of,
    }


def rating_sheet(row: RatingRow, names: Mapping[str, str], unit: str) -> dict[str, Any]:
    """Return the report of a rating: before and after, in figures and as a matrix."""
    return {
        "id": row.id,
        "title": row.scheme.title,
        "state": row.state,
        "state_title": STATES[row.state],
        "tone": TONES.get(row.state, "brand"),
        "is_working": row.state in WORKING,
        "facts": [
            f"{KINDS[row.scheme.kind]} · 第 {row.version} 版",
            unit,
            f"截至 {phrases.moment(row.as_of)}",
            f"拟定 {names.get(row.by, '系统按期')}",
        ],
        "decided": _decided(row, names),
        "count": row.count,
        "moved": row.moved,
        "tiers": _tiers(row),
        "matrix": _matrix(row),
    }


def _decided(row: RatingRow, names: Mapping[str, str]) -> str:
    if not row.decided_by:
        return ""
    verb = "退回" if row.state == RatingState.REFUSED else "批准"
    said = f"：{row.reason}" if row.reason else ""
    return f"{names.get(row.decided_by, '')} {phrases.moment(row.decided_at)} {verb}{said}"


def _tiers(row: RatingRow) -> list[dict[str, Any]]:
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for was, now, count in row.moves:
        before[was] += count
        after[now] += count
    return [
        {
            "title": row.scheme.title_of(code),
            "before": before[code],
            "after": after[code],
            "change": after[code] - before[code],
            "share": f"{after[code] * 100 / row.count:.2f}" if row.count and code else "",
            "service": SERVICES.get(tier.service, "") if tier and row.scheme.leads else "",
            "rule": _rule(row.scheme, code),
        }
        for code in _codes(row)
        for tier in [row.scheme.tier(code)]
    ]


def _rule(scheme: Scheme, code: str) -> str:
    tier = scheme.tier(code)
    if tier is None:
        return ""
    if scheme.kind == "threshold":
        return (
            "其余"
            if tier.least is None
            else f"≥ {plain(tier.least)} {scheme.figures[0].unit}".strip()
        )
    if scheme.kind == "grid":
        return ""
    return f"{'客户' if scheme.kind == 'quota' else '金额'}的 {tier.share}%"


def _codes(row: RatingRow) -> list[str]:
    """Return the scheme's tiers, tiers of an older version that somebody had, and none."""
    known = [tier.code for tier in row.scheme.tiers]
    used = {code for was, now, _count in row.moves for code in (was, now)}
    older = sorted(used - {*known, ""})
    return [*known, *older, *([""] if "" in used else [])]


def _matrix(row: RatingRow) -> dict[str, Any]:
    """Return who moves from where to where; each figure leads to the customers behind it."""
    counts = {(was, now): count for was, now, count in row.moves}
    codes = _codes(row)
    rows = [code for code in codes if any(was == code for was, _now in counts)]
    rank = {code: n for n, code in enumerate(codes)}
    address = reverse("customer-rating", args=[row.id])
    return {
        "heads": [row.scheme.title_of(code) for code in codes],
        "rows": [
            {
                "title": row.scheme.title_of(was),
                "cells": [
                    {
                        "count": counts.get((was, now), 0),
                        "address": f"{address}?{urlencode({'from': was or NONE, 'to': now or NONE})}",
                        "tone": _tone(rank[was], rank[now], is_first=not was),
                    }
                    for now in codes
                ],
            }
            for was in rows
        ],
    }


def _tone(was: int, now: int, *, is_first: bool) -> str:
    if was == now or is_first:
        return ""
    return "up" if now < was else "down"


def move_asked(wanted: Mapping[str, str]) -> Move:
    """Return which customers a page asks for; without a figure chosen those who move."""
    was, now = wanted.get("from"), wanted.get("to")
    if was is None and now is None:
        return Move(only_moved=True)
    return Move(_code(was), _code(now))


def _code(text: str | None) -> str | None:
    return "" if text == NONE else text


def move_title(scheme: Scheme, move: Move) -> str:
    """Say which customers are shown."""
    if move.only_moved:
        return "等级有变化的客户"
    return f"{scheme.title_of(move.before or '')} → {scheme.title_of(move.after or '')}"


def rated_line(row: RatedRow, scheme: Scheme) -> dict[str, Any]:
    """Return a customer of the list."""
    return {
        "address": reverse("customer", args=[row.customer_id]),
        "name": row.name,
        "before": scheme.title_of(row.before),
        "after": scheme.title_of(row.after),
        "score": plain(row.score) if row.score is not None else "",
        "rank": row.rank or "",
    }


def tiers_of(customer_id: int) -> dict[str, Any]:
    """Return what a customer's page says of tiers: each with why, and how they changed."""
    changes = ratings.changes(customer_id)
    names = names_behind([one.by for one in changes])
    found = ratings.standings(customer_id), ratings.entitlements(customer_id)
    return {"tiers": _tier_cards(*found), "tier_changes": _change_lines(changes, names)}


def _tier_cards(
    standings: Sequence[Standing], entitled: Sequence[Entitlement]
) -> list[dict[str, Any]]:
    """Return a customer's tiers with why and what they entitle to; leading schemes first."""
    rights = {one.scheme: one for one in entitled}
    shown = [one for one in standings if one.tier]
    return [
        {
            "scheme": one.scheme.title,
            "title": one.title,
            "since": one.since_at,
            "sentences": one.why.sentences if one.why else (),
            "parts": one.why.parts if one.why else (),
            "follow_up": _follow_up(rights.get(one.scheme.code)),
            "rights": found.rights if (found := rights.get(one.scheme.code)) else (),
        }
        for one in sorted(shown, key=lambda one: not one.scheme.leads)
    ]


def _follow_up(one: Entitlement | None) -> str:
    if one is None or one.follow_up is None:
        return ""
    times, every = one.follow_up
    return f"每{EVERY[every]}回访 {times} 次"


def _change_lines(changes: Sequence[Change], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a customer's changes of tier."""
    return [
        {
            "scheme": one.scheme,
            "text": f"{one.before} → {one.after}",
            "by": names.get(one.by, "系统"),
            "at": one.at,
        }
        for one in changes
    ]
