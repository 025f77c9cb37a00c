"""May the contact of a case be called now? An own case is no reason to ring in quiet hours (decision 0372)."""

from datetime import datetime

from bihuan.domain.cases.models import Case
from bihuan.domain.customers.queries.contacting import Reached, may_reach
from bihuan.engines.contacting import Clearance, Purpose


def may_call(case_id: int, *, at: datetime) -> Clearance:
    """Return whether a case's contact may be called about it now; the caller answers for the right to see the case."""
    phone = Case.objects.values_list("contact_phone", flat=True).get(pk=case_id)
    return may_reach(Reached("PHONE", phone), Purpose.SERVICE, at=at)
