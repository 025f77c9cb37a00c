"""What was typed at intake as a request, with its letter and its people."""

import re
from collections.abc import Mapping
from typing import Final

from bihuan.domain.cases.choices import REFERRED
from bihuan.domain.cases.events import CaseRequest, PersonIn, PetitionIn, ReferralIn
from bihuan.engines.forms.clean import read_date
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.sheets.typed import read_local_moment

_PHONE: Final = re.compile(r"[+\d][\d\s-]{5,18}\d")


class TypedUnreadable(Invalid):
    """A date, moment or number was typed in another way."""

    message = "有内容写法不对。"


def referral(values: Mapping[str, str]) -> ReferralIn | None:
    """Return whose letter it is, for channels that have one."""
    if values["channel"] not in REFERRED:
        return None
    due = read_local_moment(values["reply_due_at"])
    if values["reply_due_at"] and due is None:
        raise TypedUnreadable(fields={"reply_due_at": "写成 2026-01-31 08:30"})
    return ReferralIn(values["sender"], values["reference"], due)


def petition(values: Mapping[str, str]) -> PetitionIn | None:
    """Return the people behind it, when there are several."""
    if not values["is_petition"]:
        return None
    first = read_date(values["first_raised_on"]) if values["first_raised_on"] else None
    if values["first_raised_on"] and first is None:
        raise TypedUnreadable(fields={"first_raised_on": "写成 2026-01-31"})
    people = [
        _person(line, nth) for nth, line in enumerate(values["people"].splitlines()) if line.strip()
    ]
    return PetitionIn(
        headcount=_count(values, "headcount") or len(people),
        people=people,
        raised_before=_count(values, "raised_before"),
        first_raised_on=first,
        note=values["petition_note"],
    )


def request(
    values: Mapping[str, str], *, class_code: str, org_unit_id: int, customer_id: int | None
) -> CaseRequest:
    """Return the request itself; the phone as it was typed."""
    return CaseRequest(
        pack=values["pack"],
        title=values["title"],
        org_unit_id=org_unit_id,
        class_code=class_code,
        description=values["description"],
        channel=values["channel"],
        customer_id=customer_id,
        contact_name=values["contact_name"],
        contact_phone=values["contact_phone"],
        urgency=int(values["urgency"]) if values["urgency"] in {"1", "2", "3"} else 2,
        scope=3 if values["is_petition"] else 2,
        address=values["address"][:200],
    )


def _person(line: str, nth: int) -> PersonIn:
    found = _PHONE.search(line)
    name = line.replace(found[0], " ") if found else line
    return PersonIn(
        name.strip(" \t,，、:：;；"), found[0] if found else "", is_representative=nth == 0
    )


def _count(values: Mapping[str, str], name: str) -> int:
    text = values[name]
    if text and not text.isdigit():
        raise TypedUnreadable(fields={name: "填数字，如 12"})
    return min(int(text), 1_000_000) if text else 0
