"""A file opened, printed or taken out: each is a fact that says by what right (SEC-01)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.models import FileGrant
from bihuan.domain.customers.queries.profile import CustomerProfile, customer_profile
from bihuan.domain.customers.queries.reach import Place, Reach, reach_of
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.ports import Access

OPENED, PRINTED = "customer.opened", "customer.printed"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file as one person sees it, and the grant it is open by, None where it is theirs to see."""

    profile: CustomerProfile
    grant: FileGrant | None


@transaction.atomic
def open_file(
    *, access: Access, customer_id: int, printed: bool = False, by: Actor, at: datetime
) -> OpenFile:
    """Return one customer from all sides, or refuse with CustomerUnknown; the fact says by what right.

    A file that went into another one is not opened: the profile names the one to go to.
    """
    profile = customer_profile(access, customer_id)
    if profile.card.id != customer_id:
        return OpenFile(profile, None)
    grant = _grant(access, profile, at)
    data: dict[str, object] = {"right": grant.kind if grant else _right(access, profile)}
    if grant is not None:
        data["grant"] = grant.pk
    ref = f"customer:{customer_id}"
    why = grant.purpose if grant else ""
    ledger.record(Fact(PRINTED if printed else OPENED, ref, ref, at, by, reason=why, data=data))
    return OpenFile(profile, grant)


def _grant(access: Access, profile: CustomerProfile, at: datetime) -> FileGrant | None:
    """Return the grant a file is open by: only where nothing else opens it."""
    reach = reach_of(access)
    own = Reach(reach.everywhere, reach.units, reach.bound, reach.owners)
    if own.holds(profile.card.id, Place(profile.card.unit_id, profile.owner_id)):
        return None
    found = FileGrant.objects.filter(
        customer_id=profile.card.id,
        staff_id=access.staff_id,
        ended_at__isnull=True,
        granted_from__lte=at,
        granted_until__gt=at,
    )
    return found.order_by("-granted_until").first()


def _right(access: Access, profile: CustomerProfile) -> str:
    return "OWNER" if profile.owner_id == access.staff_id else "UNIT"
