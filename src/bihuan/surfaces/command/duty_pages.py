"""The pages of duty: the shift and what it hands over, the run log, the daily sheet, plans and contacts."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.org.choices import SHIFT_NAMES, LogKind
from bihuan.domain.org.ports import Unit
from bihuan.domain.org.queries import duty, plans
from bihuan.engines.forms.clean import read_date
from bihuan.kit.problems import NotAllowed
from bihuan.surfaces.command.desk import DUTY, PLAN, Commander

CARD_ITEMS: Final = 30


def unit_of(who: Commander, asked: QueryDict) -> Unit:
    """Return the org unit whose duty is asked for: the named one, else the first the person keeps."""
    units = duty.duty_units(who.access)
    if not units:
        raise NotAllowed
    wanted = asked.get("unit", "")
    return next((one for one in units if str(one.id) == wanted), units[0])


def shift_page(who: Commander, asked: QueryDict, **said: Any) -> dict[str, Any]:
    """Return the page of a shift: yesterday's sheet first (ORG-07), then what is open, then the log."""
    unit = unit_of(who, asked)
    today = duty.today(who.at)
    yesterday = duty.sheet_of(who.access, unit.id, today - timedelta(days=1))
    log = duty.log_of(who.access, unit.id, after=asked.get("after", ""))
    return {
        "view": duty.duty_of(who.access, unit.id, who.at),
        "units": [(str(one.id), one.name) for one in duty.duty_units(who.access)],
        "unit": unit,
        "yesterday": yesterday,
        "today": duty.sheet_of(who.access, unit.id, today),
        "log": log,
        "kinds": LogKind.choices,
        "names": SHIFT_NAMES,
        "key": uuid4().hex,
        "me": who.access.staff_id,
        "case_address": reverse("case", args=["-"]).partition("-")[0],
        "refusal": "",
        "typed": {},
        **said,
    }


def sheet_page(who: Commander, asked: QueryDict) -> dict[str, Any]:
    """Return one day's sheet with the days around it."""
    unit = unit_of(who, asked)
    today = duty.today(who.at)
    day = min(read_date(asked.get("day", "")) or today - timedelta(days=1), today)
    return {
        "unit": unit,
        "sheet": duty.sheet_of(who.access, unit.id, day),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "key": uuid4().hex,
    }


def handover_card(who: Commander) -> dict[str, Any]:
    """Return what stands at the foot of the desk: the shift and its open matters."""
    unit = unit_of(who, QueryDict())
    view = duty.duty_of(who.access, unit.id, who.at)
    noted = sorted(view.items, key=lambda one: (bool(one.why), -one.id))
    return {"view": view, "items": noted[:CARD_ITEMS], "done": view.settled[:10], "unit": unit}


def plans_page(who: Commander, asked: QueryDict, **said: Any) -> dict[str, Any]:
    """Return the plans, those under way with their checklists, and whom to call."""
    units = sorted(
        (one for one in who.access.tree.units.values() if one.id in who.access.scope(PLAN)),
        key=lambda one: (one.id != who.unit_id, one.path),
    )
    return {
        "plans": plans.plans(),
        "runs": plans.plan_runs(who.access, under_way=True),
        "ended": plans.plan_runs(who.access, under_way=False)[:10],
        "contacts": plans.contacts(),
        "units": [(str(one.id), one.name) for one in units],
        "may_start": bool(units),
        "may_tick": who.may(DUTY) or bool(units),
        "key": uuid4().hex,
        "at": who.at,
        "refusal": "",
        "typed": {},
        **said,
    }


def day_in(posted: QueryDict) -> date | None:
    """Return the day that a form names."""
    return read_date(posted.get("day", "").strip())


def number_in(posted: QueryDict, name: str) -> int:
    """Return a number that a form names, 0 for none."""
    text = posted.get(name, "")
    return int(text) if text.isdecimal() else 0
