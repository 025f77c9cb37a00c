"""The parts of the intake page: who it may be, what may be the same, what to ask and say, what we promise."""

from collections.abc import Mapping, Sequence
from typing import Any

from bihuan.domain.cases import queries
from bihuan.domain.cases.queries import About, Probe, Responsible
from bihuan.domain.customers import queries as customers
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.queries.signers import closed_files_with
from bihuan.surfaces.workspace.desk import Desk, look_up
from bihuan.surfaces.workspace.phrases import moment
from bihuan.surfaces.workspace.sheets import class_search, intake as sheets, promise as promises
from bihuan.surfaces.workspace.sheets.cases import ENDED
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases
from bihuan.surfaces.workspace.sheets.guidance import GuidanceSheet, guidance_sheet

SUGGESTED = 2


def picker(values: Mapping[str, str], error: str = "") -> sheets.Picker:
    """Return the three columns with what is chosen."""
    return sheets.picker(queries.classes(values["pack"]), values, error)


def class_context(desk: Desk, values: Mapping[str, str], error: str = "") -> dict[str, Any]:
    """Return what a chosen class means: promise, who is responsible, what to ask and say."""
    chosen = picker(values, error)
    promise = None
    if chosen.code:
        found = queries.promise(values["pack"], chosen.code, at=desk.at)
        promise = promises.promise_sheet(found, org.post_names(), desk.at)
    return {
        "classes": chosen,
        "suggested": suggestions(values, chosen),
        "promise": promise,
        "responsible": _responsible(desk, values, chosen.code),
        "units": suggested_units(values),
        "guidance": guidance(desk, values, chosen),
        "and_preview": False,
    }


def suggestions(values: Mapping[str, str], chosen: sheets.Picker) -> list[dict[str, Any]]:
    """Return the suggested classes that are not chosen already, with what accepts them."""
    found = queries.suggested_classes(values["pack"], values["title"], values["description"])
    return [
        {
            "name": one.name,
            "share": round(one.confidence * 100),
            "accuracy": round(one.accuracy * 100) if one.accuracy else 0,
            "levels": class_search.levels_of(one.code),
        }
        for one in found[:SUGGESTED]
        if not (chosen.code == one.code or chosen.code.startswith(f"{one.code}."))
    ]


def suggested_units(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the org units the model thinks of, with its confidence."""
    found = queries.suggested_units(values["pack"], values["title"], values["description"])
    return [{"name": one.name, "share": round(one.confidence * 100)} for one in found[:SUGGESTED]]


def guidance(desk: Desk, values: Mapping[str, str], chosen: sheets.Picker) -> GuidanceSheet:
    """Return what to ask and say for the class chosen so far."""
    levels = [values[name] for name in ("class_3", "class_2", "class_1") if values[name]]
    code = chosen.code or (levels[0] if levels else "")
    found = queries.guidance_for(values["pack"], code)
    said = {
        "name": values["contact_name"],
        "title": values["title"] or "这件事",
        "due": _due(desk, values, chosen.code),
        "class": chosen.chosen_path.rpartition(" › ")[2] or "问题",
    }
    return guidance_sheet(found, values, said)


def candidates(desk: Desk, values: Mapping[str, str]) -> list[customers.CustomerRow]:
    """Return who the caller may be, by number, else by name."""
    for typed in (values["contact_phone"], values["contact_name"]):
        found = look_up(desk, typed, size=6) if len(typed) > 1 else []
        if found:
            return found
    return []


def match(
    desk: Desk, values: Mapping[str, str], found: Sequence[customers.CustomerRow]
) -> sheets.Match:
    """Return the customers, their open cases and what may be the same request."""
    chosen = int(values["customer_id"]) if values["customer_id"].isdigit() else None
    if chosen is not None and not customers.may_open(desk.access, chosen):
        chosen = None
    known = queries.cases_of_customer(desk.access, chosen) if chosen else []
    open_ = [row for row in known if row.state not in ENDED]
    chips = chips_of_cases([row.id for row in open_], desk.at)
    asked = any(values[name] for name in ("contact_phone", "contact_name", "title", "customer_id"))
    probe = _probe(values, chosen)
    alike = queries.find_duplicates(desk.access, probe, at=desk.at) if asked else []
    return sheets.Match(
        asked=asked,
        customers=[sheets.candidate(row) for row in found],
        chosen=chosen,
        open=[sheets.open_case(row, chips.get(row.id, NO_CHIP)) for row in open_],
        duplicates=[sheets.duplicate(one) for one in alike],
        same_as=values["same_as"],
        may_join=desk.may("case.merge"),
        closed=closed_files_with(desk.access, values["contact_phone"]),
    )


def _probe(values: Mapping[str, str], customer_id: int | None) -> Probe:
    return Probe(
        pack=values["pack"],
        title=values["title"],
        description=values["description"],
        address=values["address"],
        class_id=_class_id(values),
        customer_id=customer_id,
        contact_phone=values["contact_phone"],
    )


def _class_id(values: Mapping[str, str]) -> int | None:
    """Return the class chosen so far, for cases of the same person and class count as likely repeats."""
    nodes = queries.classes(values["pack"])
    code = sheets.picker(nodes, values).code
    return next((one.id for one in nodes if one.code == code), None) if code else None


def _responsible(desk: Desk, values: Mapping[str, str], code: str) -> Responsible | None:
    if not code:
        return None
    chosen = int(values["customer_id"]) if values["customer_id"].isdigit() else None
    place = f"{values['address']} {values['title']}"
    about = About(values["pack"], code, channel=values["channel"], customer_id=chosen, place=place)
    return queries.responsible_for(about, at=desk.at)


def _due(desk: Desk, values: Mapping[str, str], code: str) -> str:
    if not code:
        return "承诺时间"
    due = queries.promise(values["pack"], code, at=desk.at).due_at
    return moment(due, desk.at) if due else "承诺时间"
