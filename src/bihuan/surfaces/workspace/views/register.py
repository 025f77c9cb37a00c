"""来访来电登记: what came in at the desks and what became of it; what was refused waits here."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.cases import actions, queries
from bihuan.domain.interactions.choices import Outcome
from bihuan.domain.interactions.queries import RegisterFilter, RegisterRow
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.errors import toast, trigger
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.people import names_behind

OUTCOMES = {
    str(one): str(one.label)
    for one in (Outcome.OPENED, Outcome.ADDED, Outcome.ANSWERED, Outcome.REFUSED)
}
VIEWS = (("", "全部"), *OUTCOMES.items())


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the register, newest first."""
    desk, asked = desk_of(request), request.GET
    require(desk.access, "case.view")
    wanted = _wanted(asked)
    page = queries.register(
        desk.access, wanted, after=asked.get("after", ""), before=asked.get("before", "")
    )
    kept = {"outcome": wanted.outcome, "channel": wanted.channel}
    query = urlencode({name: value for name, value in kept.items() if value})
    context = {
        "rows": _rows(desk, page.rows),
        "page": page,
        "query": f"{query}&" if query else "",
        "views": [_view(value, title, wanted.outcome) for value, title in VIEWS],
        "channels": list(words.CHANNELS.items()),
        **kept,
    }
    return render(request, "register/list.html", context)


@require_POST
def settle(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Say that a request that was refused needs no case."""
    desk = desk_of(request)
    reason = request.POST.get("reason", "")
    actions.settle_refused(entry_id=entry_id, reason=reason, by=desk.actor, at=desk.at)
    return trigger(toast(HttpResponse(status=204), "已处理，不再列出"), **{"register-changed": ""})


def _wanted(asked: QueryDict) -> RegisterFilter:
    outcome, channel = asked.get("outcome", ""), asked.get("channel", "")
    return RegisterFilter(
        outcome=outcome if outcome in OUTCOMES else "",
        channel=channel if channel in words.CHANNELS else "",
    )


def _view(value: str, title: str, chosen: str) -> dict[str, Any]:
    return {"title": title, "on": value == chosen, "address": f"?outcome={value}" if value else "?"}


def _rows(desk: Desk, rows: Any) -> list[dict[str, Any]]:
    ids = {int(row.root.removeprefix("case:")) for row in rows if row.root.startswith("case:")}
    numbers = queries.numbers_of(ids)
    names = names_behind([row.by for row in rows])
    return [_row(desk, row, numbers, names) for row in rows]


def _row(
    desk: Desk, row: RegisterRow, numbers: dict[int, str], names: dict[str, str]
) -> dict[str, Any]:
    case_id = int(row.root.removeprefix("case:")) if row.root.startswith("case:") else 0
    number = numbers.get(case_id, "")
    refused = row.outcome == Outcome.REFUSED
    return {
        "at": row.at,
        "channel": words.CHANNELS.get(row.channel, row.channel),
        "outcome": Outcome(row.outcome).label,
        "refused": refused,
        "name": row.party_name,
        "phone": row.party_address,
        "subject": row.subject or row.text[:60],
        "remark": row.remark,
        "headcount": row.headcount,
        "by": names.get(row.by, "—"),
        "number": number,
        "address": case_address(number) if number else "",
        "go_on": f"{reverse('intake')}?entry={row.id}" if refused else "",
        "settle": reverse("register-settled", args=[row.id]) if refused else "",
        "may": refused and desk.may("case.open", row.org_unit_id),
    }
