"""The panels of the workbench and of a case: each asks its own few queries and makes its sheet."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.billing import queries as billing
from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.cases.queries import CaseView, Probe
from bihuan.domain.clocks.queries import ask_live_clocks_owned, calendar
from bihuan.domain.clocks.rules import ClockRow
from bihuan.domain.customers import queries as customers
from bihuan.domain.interactions import queries as interactions
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.queries.signers import closed_file
from bihuan.domain.processes import queries as processes
from bihuan.domain.processes.queries import InboxFilter, UnitRow, UnitView
from bihuan.kit import db
from bihuan.kit.paging import Place
from bihuan.surfaces.workspace import batches, loop_panels
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets import (
    contacts,
    facts as fact_sheets,
    flow as flows,
    queue as queues,
)
from bihuan.surfaces.workspace.sheets.case_page import CaseSheet, Clocks, Head, Marks, case_sheet
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet, chip_of
from bihuan.surfaces.workspace.sheets.clocks import CaseClocks, clocks_of_case, rests
from bihuan.surfaces.workspace.sheets.consent import consent_sheet
from bihuan.surfaces.workspace.sheets.customers import closed_head, customer_head
from bihuan.surfaces.workspace.sheets.facts import FactRow, Facts, Names
from bihuan.surfaces.workspace.sheets.files import file_sheet
from bihuan.surfaces.workspace.sheets.flow import OPEN, Strip
from bihuan.surfaces.workspace.sheets.queue import Queue
from bihuan.surfaces.workspace.unit_forms import elsewhere, unit_form

LISTED: Final = 50
FACTS_SHOWN: Final = 200
SIMILAR_SHOWN: Final = 5
WHOLE: Final = "whole"
A_DAY: Final = timedelta(days=1)


def queue_later() -> Queue:
    """Return an empty queue that the page asks for as soon as it is shown."""
    return Queue([], [], [], "", reverse("queue"), reverse("queue"), filtered=False, is_later=True)


def queue_panel(desk: Desk, asked: QueryDict, together: db.Together) -> Queue:
    """Return the queue for a filter: `together` with it whatever else the page asks, then what its cards show."""
    inbox = processes.ask_inbox(
        together,
        desk.access,
        at=desk.at,
        wanted=InboxFilter(tier=asked.get("tier", ""), title=asked.get("node", "")),
        place=Place(asked.get("after", ""), asked.get("before", ""), LISTED),
    )
    awaited = loop_panels.ask_awaited(together, desk)
    page, counts = inbox.page(), inbox.counts()
    return Queue(
        cards=_cards(desk, page.rows),
        tiles=queues.tier_links(asked, counts),
        kinds=queues.kind_links(asked, counts),
        total=queues.count_title(sum(counts.tiers.values()), counts),
        address=queues.address(asked),
        all_address=reverse("queue"),
        batch=batches.offered(desk),
        filtered=bool(asked.get("tier") or asked.get("node")),
        next_address=queues.address(asked, after=page.next_cursor) if page.next_cursor else "",
        prev_address=queues.address(asked, before=page.prev_cursor) if page.prev_cursor else "",
        awaited=awaited(),
    )


def _cards(desk: Desk, rows: Sequence[UnitRow]) -> list[queues.Card]:
    together = db.Together()
    ids = [case_id_of(row.subject) for row in rows]
    known = cases.ask_case_cards(together, desk.access, ids)
    chips = _ask_unit_chips(together, rows, desk.at)
    cards, clocks = known(), chips()
    return [
        queues.card(row, case, clocks.get(row.id, NO_CHIP))
        for row, case_id in zip(rows, ids, strict=True)
        if (case := cards.get(case_id)) is not None
    ]


def case_panel(
    desk: Desk, number: str, *, unit_id: int | None = None, tab: str = "facts"
) -> dict[str, Any]:
    """Return everything the middle of the workbench shows of a case."""
    view = cases.case_view(desk.access, number)
    clocks = clocks_of_case(view.row.id, desk.at)
    unit = current_unit(desk, view, unit_id)
    sheet = _sheet(desk, view, unit, clocks, _customer(desk, view.row.customer_id))
    form = elsewhere(view.row)
    if unit is not None:
        form = unit_form(unit, desk, chip=clocks.of(f"unit:{unit.id}"), case=view)
    found = _facts(desk, view, clocks) if tab == "facts" else Facts([])
    loop = loop_panels.loop_panel(desk, view) if tab == "loop" else None
    return {"case": sheet, "form": form, "facts": found, "tab": tab, "loop": loop}


def current_unit(desk: Desk, view: CaseView, unit_id: int | None) -> UnitView | None:
    """Return the unit to work on: the one asked for, else mine, else one I may take, else any."""
    if view.row.instance_id is None:
        return None
    if unit_id is not None:
        return _unit_if_seen(desk, unit_id)
    if not view.row.current_units:
        return None
    open_ = [one for one in processes.units_of(view.row.instance_id) if one.state in OPEN]
    open_.sort(key=lambda one: (one.assignee_id != desk.staff_id, one.assignee_id is not None))
    found = [one.id for one in open_ if one.id is not None]
    return _unit_if_seen(desk, found[0]) if found else None


def _unit_if_seen(desk: Desk, unit_id: int) -> UnitView | None:
    """Return a unit; None when it lies outside what the person may see, though the case does not."""
    try:
        return processes.unit(desk.access, unit_id, at=desk.at)
    except processes.UnitMissing:
        return None


def strip_of(view: CaseView, clocks: CaseClocks) -> Strip:
    """Return the unit strip of a case with its limit groups."""
    instance_id = view.row.instance_id
    if instance_id is None:
        return Strip("", view.round, [], [], None)
    units = processes.units_of(instance_id)
    groups = processes.clock_groups(instance_id)
    nodes, bands, arc = flows.strip(units, groups, clocks, org.post_names())
    return Strip(processes.instance(instance_id).process_name, view.round, nodes, bands, arc)


def facts_panel(desk: Desk, number: str, *, after: str) -> Facts:
    """Return a case's facts, or the older ones after a cursor."""
    view = cases.case_view(desk.access, number)
    return _facts(desk, view, clocks_of_case(view.row.id, desk.at), after)


def flow_panel(desk: Desk, number: str, *, kind: str) -> dict[str, Any]:
    """Return the page of a case's process."""
    view = cases.case_view(desk.access, number)
    clocks = clocks_of_case(view.row.id, desk.at)
    unit = current_unit(desk, view, None)
    sheet = _sheet(desk, view, unit, clocks, _customer(desk, view.row.customer_id))
    found = _facts(desk, view, clocks)
    shown = Facts(fact_sheets.of_kind(found.lines, kind), found.more_address)
    names = _names(desk, view, (), clocks)
    return {
        "case": sheet,
        "strip": strip_of(view, clocks),
        "facts": shown,
        "kinds": _kind_links(sheet, kind),
        "consent": consent_sheet(view, names),
        "charges": billing.charges_of(view.ref),
    }


def context_panel(desk: Desk, number: str) -> dict[str, Any]:
    """Return what lies around a case: its limits, the customer, similar cases."""
    view = cases.case_view(desk.access, number)
    clocks = clocks_of_case(view.row.id, desk.at)
    customer = _customer(desk, view.row.customer_id)
    is_open = customer is not None and not customer["closed"]
    return {
        "case": _sheet(desk, view, None, clocks, customer if is_open else None),
        "limits": _limits(view, clocks),
        "card": _card(desk, view, customer),
        "files": [file_sheet(row) for row in attachments.attachments_of(view.ref)],
        "similar": _similar(desk, view),
        "solved": loop_panels.solved_before(desk, view),
        **loop_panels.ladder_panel(desk, view),
    }


def _limits(view: CaseView, clocks: CaseClocks) -> list[tuple[str, ChipSheet]]:
    """Return the limit groups that have begun, by name."""
    if view.row.instance_id is None:
        return []
    groups = [
        (one.name, clocks.of(one.owner)) for one in processes.clock_groups(view.row.instance_id)
    ]
    return [(name, chip) for name, chip in groups if chip.state]


def _similar(desk: Desk, view: CaseView) -> list[dict[str, Any]]:
    probe = Probe(
        pack=view.pack,
        title=view.row.title,
        description=view.description,
        customer_id=view.row.customer_id,
        not_case_id=view.row.id,
    )
    alike = cases.find_duplicates(desk.access, probe, at=desk.at, days=30, size=SIMILAR_SHOWN)
    merge = loop_panels.merge_address(desk, view)
    return [
        {
            "number": one.row.number,
            "merge_address": f"{merge}?into={one.row.number}" if merge else "",
            "address": case_address(one.row.number),
            "share": round(one.likeness * 100),
            "title": one.row.title,
            "state": one.row.state_title,
        }
        for one in alike
    ]


def unit_chips(rows: Sequence[UnitRow], at: datetime) -> dict[int, ChipSheet]:
    """Return the chips of units, one query for all."""
    return _ask_unit_chips(db.Together(), rows, at)()


def _ask_unit_chips(
    together: db.Together, rows: Sequence[UnitRow], at: datetime
) -> Callable[[], dict[int, ChipSheet]]:
    clocks = ask_live_clocks_owned(together, [row.clock_owner for row in rows])
    return lambda: _chips(rows, clocks(), at)


def _chips(
    rows: Sequence[UnitRow], found: Mapping[str, ClockRow], at: datetime
) -> dict[int, ChipSheet]:
    why = rests([row.root for row in rows if row.is_suspended])
    return {
        row.id: chip_of(clock, calendar(clock.calendar), at, rest=why.get(row.root))
        for row in rows
        if (clock := found.get(row.clock_owner)) is not None
    }


def _customer(desk: Desk, customer_id: int | None) -> dict[str, Any] | None:
    """Return the customer of a case for its head, None when there is none the person may see."""
    if customer_id is None or not desk.may("customer.view"):
        return None
    try:
        return customer_head(customers.customer_card(desk.access, customer_id))
    except customers.CustomerUnknown:
        closed = closed_file(desk.access, customer_id)
        return closed_head(closed, may_break=desk.may("customer.break_glass")) if closed else None


def _sheet(
    desk: Desk,
    view: CaseView,
    unit: UnitView | None,
    clocks: CaseClocks,
    customer: dict[str, Any] | None,
) -> CaseSheet:
    instance = view.row.instance_id or 0
    head = Clocks(
        unit_name=unit.title if unit else "",
        unit=clocks.of(f"unit:{unit.id}") if unit else NO_CHIP,
        whole=clocks.group(instance, WHOLE),
    )
    marks = Marks(loop_panels.level(desk, view), loop_panels.tombstone(view))
    return case_sheet(view, desk, customer, Head(head, marks))


def _facts(desk: Desk, view: CaseView, clocks: CaseClocks, after: str = "") -> Facts:
    since = view.row.opened_at - A_DAY  # spares the database the months before
    page = ledger.facts_of(view.ref, since=since, after=after, size=FACTS_SHOWN)
    names = _names(desk, view, page.rows, clocks)
    whole = not after and not page.next_cursor
    lines = fact_sheets.lines(page.rows, names, numbered=whole)
    more = ""
    if page.next_cursor:
        address = reverse("case-facts", args=[view.row.number])
        more = f"{address}?after={page.next_cursor}"
    return Facts(lines, more)


def _names(desk: Desk, view: CaseView, rows: Sequence[FactRow], clocks: CaseClocks) -> Names:
    """Return the words behind the refs of some facts: one query for all the people."""
    refs = [ref for row in rows for ref in (row.actor, row.on_behalf_of)]
    refs += [str((row.data or {}).get("to", "")) for row in rows]
    refs += [str(ref) for row in rows for ref in (row.data or {}).get("told", [])]
    refs += [f"staff:{(row.data or {}).get('to_staff') or 0}" for row in rows]
    refs += [entry.by for entry in (*view.handlings, *view.consents, *view.notes)]
    staff = {int(key) for kind, _, key in (ref.partition(":") for ref in refs) if kind == "staff"}
    tree = desk.access.tree
    return Names(
        staff=org.names_of(staff),
        org_units={unit.id: unit.name for unit in tree.units.values()},
        units=_subjects(view, rows),
        classes=cases.class_names(view.pack, _classes_in(rows)),
        said=_said(view, rows),
        opening=view.description,
        sees_phones=view.sees_phones,
        clocks={row.owner: clocks.chip(row) for row in clocks.rows},
    )


def _subjects(view: CaseView, rows: Sequence[FactRow]) -> dict[str, str]:
    """Return the names of the units and limit groups that facts are about."""
    found = {row.subject: str(row.data["title"]) for row in rows if "title" in (row.data or {})}
    if view.row.instance_id and any(row.subject.startswith("group:") for row in rows):
        found |= {one.owner: one.name for one in processes.clock_groups(view.row.instance_id)}
    return found


def _classes_in(rows: Sequence[FactRow]) -> set[str]:
    return {str(row.data["cls"]) for row in rows if "cls" in (row.data or {})}


def _said(view: CaseView, rows: Sequence[FactRow]) -> dict[tuple[str, datetime], str]:
    """Return what was said beside facts: the texts of handlings, answers, notes and contacts."""
    kinds = {
        "case.handled": view.handlings,
        "case.verified": view.consents,
        "case.noted": view.notes,
        "case.customer_added": view.notes,
    }
    said = {(name, e.at): e.text for name, entries in kinds.items() for e in entries}
    if not any(contacts.is_mail(row.name, row.data or {}) for row in rows):
        return said
    return said | contacts.said_in(interactions.conversation(view.ref))


def _card(desk: Desk, view: CaseView, customer: Mapping[str, Any] | None) -> dict[str, Any]:
    if customer is None or customer["closed"]:
        why = f"{customer['closed']}，签字调取后显示" if customer else "没有关联到客户"
        return {"address": "", "lines": [], "why": why}
    lines = [("类别", customer["kind"]), ("等级", customer["tier"] or "普通")]
    count, rework = cases.customer_tally(desk.access, view.row.customer_id or 0)
    lines.append(("来诉", f"共 {count} 次" + (f"，返工 {rework} 次" if rework else "")))
    if customer["note"]:
        lines.append(("备注", customer["note"]))
    return {"address": customer["address"], "lines": lines}


def _kind_links(case: CaseSheet, chosen: str) -> list[dict[str, Any]]:
    links = [{"title": "全部", "on": chosen == "", "address": case.flow_address}]
    for key, (title, _kinds) in fact_sheets.FILTERS.items():
        address = f"{case.flow_address}?kind={key}"
        links.append({"title": title, "on": chosen == key, "address": address})
    return links
