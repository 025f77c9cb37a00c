"""Who stands before the portal: nobody we know, with what they typed and which cases they have proved to be theirs.

All of it lies in the browser session on the server: a shared phone keeps a cookie and no words.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from bihuan.domain.cases.actions import portal as actions
from bihuan.domain.cases.actions.portal import Proof, Proven
from bihuan.domain.cases.actions.portal.proving import SOURCE
from bihuan.domain.ledger.events import Actor
from bihuan.kit.problems import Refused

DRAFTS: Final = "portal_drafts"
CASES: Final = "portal_cases"
SENT: Final = "portal_sent"
STAYS: Final = timedelta(hours=2)
FIELDS: Final = ("class_code", "text", "when", "place", "name", "phone", "staff_id")
MOST: Final = 3000


class NotShown(Refused):
    """The browser has not shown yet that this case is its user's, or did so too long ago."""

    status = 403
    message = "请先验证这件工单是您提交的。"


@dataclass(frozen=True, slots=True)
class Draft:
    """A request being written. `key` makes it one case however often it is sent."""

    pack: str
    key: str
    values: Mapping[str, str]

    @property
    def source_ref(self) -> str:
        """Return what its files wait under."""
        return f"{SOURCE}{self.key}"

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def request(self) -> actions.PublicRequest:
        """Return what would be sent."""
        said = {name: self[name] for name in FIELDS if name != "staff_id"}
        chosen = self["staff_id"]
        staff_id = int(chosen) if chosen.isdigit() else None
        return actions.PublicRequest(key=self.key, pack=self.pack, staff_id=staff_id, **said)


@dataclass(frozen=True, slots=True)
class Grant:
    """A case this browser may show, until a moment, and how that was proved."""

    case_id: int
    number: str
    actor: Actor
    proof: Proof


def draft_of(request: HttpRequest, pack: str) -> Draft:
    """Return the draft of a pack's portal, a new one when nothing was typed yet."""
    kept = request.session.get(DRAFTS, {}).get(pack) or {"key": uuid.uuid4().hex, "values": {}}
    return Draft(pack, kept["key"], kept["values"])


def keep(request: HttpRequest, draft: Draft, typed: Mapping[str, str]) -> Draft:
    """Keep what was typed beside what is there, and return the draft with it."""
    fresh = {name: str(typed[name])[:MOST] for name in FIELDS if name in typed}
    values = {**draft.values, **fresh}
    drafts = request.session.get(DRAFTS, {})
    request.session[DRAFTS] = {**drafts, draft.pack: {"key": draft.key, "values": values}}
    return Draft(draft.pack, draft.key, values)


def sent(request: HttpRequest, draft: Draft, made: actions.Sent) -> None:
    """Put the draft away; the browser that sent it may look at its case, as with the receipt."""
    drafts = dict(request.session.get(DRAFTS, {}))
    drafts.pop(draft.pack, None)
    request.session[DRAFTS] = drafts
    request.session[SENT] = {"number": made.number, "receipt": made.receipt, "pack": draft.pack}


def last_sent(request: HttpRequest) -> dict[str, Any] | None:
    """Return number, receipt and pack of what this browser sent last."""
    found: dict[str, Any] | None = request.session.get(SENT)
    return found


def allow(request: HttpRequest, proven: Proven, at: datetime) -> None:
    """Remember that a case was shown to be this visitor's."""
    kept = {
        "case": proven.case_id,
        "customer": proven.customer_id,
        "proof": str(proven.proof),
        "until": (at + STAYS).isoformat(),
    }
    request.session[CASES] = {**request.session.get(CASES, {}), proven.number: kept}


def begin_anew(request: HttpRequest) -> None:
    """Give the session a new key: whoever planted the old one in this browser sees nothing of what follows."""
    request.session.cycle_key()


def grant_of(request: HttpRequest, number: str, at: datetime) -> Grant:
    """Return what this browser may do with a case, or refuse with `NotShown`."""
    kept = request.session.get(CASES, {}).get(number)
    if kept is None or datetime.fromisoformat(kept["until"]) <= at:
        raise NotShown
    actor = Actor(f"customer:{kept['customer']}")
    return Grant(kept["case"], number, actor, Proof(kept["proof"]))


def forget(request: HttpRequest, number: str) -> None:
    """Show a case no more in this browser."""
    request.session[CASES] = {
        key: value for key, value in request.session.get(CASES, {}).items() if key != number
    }
    last = last_sent(request)
    if last is not None and last["number"] == number:
        request.session.pop(SENT)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; behind our TLS proxy, what the proxy says it came from."""
    if settings.IS_SECURE:
        passed_on = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if passed_on:
            return passed_on
    return str(request.META.get("REMOTE_ADDR", ""))
