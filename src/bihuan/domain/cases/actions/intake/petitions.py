"""People who stand behind one case together (CHN-20)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.intake.refusals import PersonUnreadable, TooFewPeople
from bihuan.domain.cases.actions.verbs import allowed
from bihuan.domain.cases.events import PersonIn, PetitionIn, case_ref
from bihuan.domain.cases.models import Participant, Petition
from bihuan.domain.cases.queries import wording
from bihuan.domain.customers import queries as customers
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact

LONGEST_LIST = 2_000


def checked(petition: PetitionIn | None) -> PetitionIn | None:
    """Return a petition that may be kept; at least two people, each with a name."""
    if petition is None:
        return None
    if max(petition.headcount, len(petition.people)) < 2:
        raise TooFewPeople
    _refuse_nameless(petition.people)
    return petition


def keep(case_id: int, petition: PetitionIn, *, by: Actor, at: datetime) -> None:
    """Write a petition down with its people, in the caller's transaction."""
    Petition.objects.create(
        case_id=case_id,
        headcount=max(petition.headcount, len(petition.people)),
        raised_before=petition.raised_before,
        first_raised_on=petition.first_raised_on,
        note=petition.note.strip(),
    )
    _add(case_id, petition.people, by, at)
    ref = case_ref(case_id)
    data = {"headcount": petition.headcount, "named": len(petition.people)}
    record(Fact(events.PETITIONED, ref, ref, at, by, data=data))


@transaction.atomic
def add_participants(*, case_id: int, people: Sequence[PersonIn], by: Actor, at: datetime) -> int:
    """Add people to a case, which makes it a petition; return how many are known now.

    Who is there already by name and number is not added twice. Needs `case.view` where the case is.
    """
    allowed(case_id, "case.view", by, at)
    if not people:
        raise PersonUnreadable
    _refuse_nameless(people)
    _add(case_id, people, by, at)
    known = Participant.objects.filter(case_id=case_id).count()
    petition, _made = Petition.objects.get_or_create(
        case_id=case_id, defaults={"headcount": max(known, 2)}
    )
    if petition.headcount < known:
        Petition.objects.filter(pk=petition.pk).update(headcount=known)
    ref = case_ref(case_id)
    data = {"headcount": max(petition.headcount, known), "named": known}
    record(Fact(events.PETITIONED, ref, ref, at, by, data=data))
    return known


def _refuse_nameless(people: Sequence[PersonIn]) -> None:
    if len(people) > LONGEST_LIST or any(not person.name.strip() for person in people):
        raise PersonUnreadable


def _add(case_id: int, people: Iterable[PersonIn], by: Actor, at: datetime) -> None:
    people = list(people)
    known = customers.known_by_phone([wording.digits_of(one.phone) for one in people])
    rows = []
    for one in people:
        digits = wording.digits_of(one.phone)
        rows.append(
            Participant(
                case_id=case_id,
                customer_id=known.get(digits),
                name=one.name.strip()[:80],
                phone=one.phone.strip()[:40],
                digits=digits,
                is_representative=one.is_representative,
                added_by=by.ref,
                added_at=at,
            )
        )
    Participant.objects.bulk_create(rows, ignore_conflicts=True)
