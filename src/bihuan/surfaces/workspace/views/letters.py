"""待发与未发信件: what waits to go out to customers or was withheld, to whom, what for, why, and until when."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from bihuan.domain.cases.queries.letters import UnsentLetter, unsent_letters
from bihuan.domain.notifications.choices import PURPOSES, Channel, Unsent
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.paging import Place
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.cases import case_address

VIEWS: Final = (
    ("", "全部"),
    *((str(one.value), str(one.label)) for one in (Unsent.HELD, Unsent.FAILING, Unsent.WITHHELD)),
)
TONES: Final = {Unsent.HELD: "warn", Unsent.FAILING: "over", Unsent.WITHHELD: "over"}
SIGNS: Final = {Unsent.HELD: "bell-off", Unsent.FAILING: "alert-triangle"}
_PURPOSES: Final = dict(PURPOSES)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the letters that have not gone out, newest first."""
    desk, asked = desk_of(request), request.GET
    require(desk.access, "case.view")
    chosen = asked.get("view", "") if asked.get("view") in dict(VIEWS) else ""
    place = Place(asked.get("after", ""), asked.get("before", ""))
    page = unsent_letters(desk.access, how=Unsent(chosen) if chosen else None, at=place)
    query = urlencode({"view": chosen}) + "&" if chosen else ""
    views = [
        {"title": title, "on": value == chosen, "address": f"?view={value}" if value else "?"}
        for value, title in VIEWS
    ]
    rows = [_line(row) for row in page.rows]
    context = {"rows": rows, "page": page, "query": query, "views": views, "chosen": chosen}
    return render(request, "letters/list.html", context)


def _line(row: UnsentLetter) -> dict[str, Any]:
    address, about = "", "—"
    if row.case_number:
        address, about = case_address(row.case_number), row.case_number
    elif row.customer_id:
        address, about = reverse("customer", args=[row.customer_id]), f"C-{row.customer_id:06d}"
    return {
        "written_at": row.written_at,
        "name": row.name or "未留名",
        "to": row.address,
        "channel": Channel(row.channel).label,
        "purpose": _PURPOSES[row.purpose.value],
        "title": row.title,
        "how": row.how.label,
        "tone": TONES.get(row.how, ""),
        "sign": SIGNS.get(row.how, ""),
        "why": _why(row),
        "detail": row.why if row.how == Unsent.FAILING else "",
        "due_at": row.due_at,
        "address": address,
        "about": about,
    }


def _why(row: UnsentLetter) -> str:
    """Return the reason in words; what a server said is left for those who look closer."""
    if row.how == Unsent.FAILING:
        return f"试发 {row.attempts} 次没有成功"
    return row.why or "轮到即发"
