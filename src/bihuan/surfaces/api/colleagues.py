"""`/api/v1/units/…` and `/api/v1/copies`: what concerns colleagues about a unit rather than its route."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions, queries
from bihuan.kit import clock
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

units = Router()
copies = Router()
extensions = Router()
me = Router()


@units.post("/{unit_id}/delegation", response=schemas.InstanceOut)
def delegate(request: HttpRequest, unit_id: int, body: schemas.DelegationIn) -> HttpResponse:
    """Let somebody work on a unit that stays its owner's (委派)."""

    def work() -> schemas.InstanceOut:
        terms = actions.DelegationTerms(
            body.to_staff_id, body.until, body.while_away, body.may_submit
        )
        by, at = actor_of(request, "unit.work", also="unit.assign"), clock.now()
        change = actions.delegate(unit_id, terms=terms, reason=body.reason, by=by, at=at)
        return schemas.InstanceOut.of(change)

    return carry_out(request, work)


@units.post("/{unit_id}/delegation/completion", response=schemas.InstanceOut)
def complete(request: HttpRequest, unit_id: int, body: schemas.CompletionIn) -> HttpResponse:
    """Give a delegated unit back with what was filled in, for its owner to submit."""

    def work() -> schemas.InstanceOut:
        by, at = actor_of(request, "unit.work"), clock.now()
        change = actions.complete_delegation(unit_id, body.values, reason=body.reason, by=by, at=at)
        return schemas.InstanceOut.of(change)

    return carry_out(request, work)


@units.post("/{unit_id}/delegation/end", response=schemas.InstanceOut)
def give_back(request: HttpRequest, unit_id: int, body: schemas.DecisionIn) -> HttpResponse:
    """Give a delegated unit back to its owner as it is."""

    def work() -> schemas.InstanceOut:
        by, at = actor_of(request, "unit.work", also="unit.assign"), clock.now()
        return schemas.InstanceOut.of(actions.give_back(unit_id, reason=body.reason, by=by, at=at))

    return carry_out(request, work)


@units.post("/{unit_id}/copies", response=schemas.CopiesOut)
def carbon_copy(request: HttpRequest, unit_id: int, body: schemas.CopiesIn) -> HttpResponse:
    """Copy a unit to people and posts (抄送); they may then see the case, masked as always."""

    def work() -> schemas.CopiesOut:
        posts = tuple((one.post, unit_by_code(one.unit).id) for one in body.posts)
        to = actions.Recipients(tuple(body.staff), posts)
        by = actor_of(request, "unit.copy", also="unit.work")
        made = actions.carbon_copy(unit_id, to=to, note=body.note, by=by, at=clock.now())
        return schemas.CopiesOut(new=made)

    return carry_out(request, work)


@units.post("/{unit_id}/urges", response=schemas.UrgedOut)
def urge(request: HttpRequest, unit_id: int, body: schemas.UrgeIn) -> HttpResponse:
    """Urge a unit on (催办). 409 `urged_just_now` when the same person did within half an hour."""

    def work() -> schemas.UrgedOut:
        by = actor_of(request, "unit.urge")
        count = actions.urge(
            unit_id, note=body.note, for_customer=body.for_customer, by=by, at=clock.now()
        )
        return schemas.UrgedOut(count=count)

    return carry_out(request, work)


@units.post("/{unit_id}/extensions", response={201: schemas.Made})
def request_extension(
    request: HttpRequest, unit_id: int, body: schemas.ExtensionIn
) -> HttpResponse:
    """Ask for more time for a unit or a limit group of its; the clock goes on meanwhile."""

    def work() -> schemas.Made:
        wanted = actions.MoreTime(body.more, body.until, body.group)
        by, at = actor_of(request, "unit.work"), clock.now()
        made = actions.request_extension(unit_id, wanted=wanted, reason=body.reason, by=by, at=at)
        return schemas.Made(id=made)

    return carry_out(request, work, status=201)


@extensions.get("", response=schemas.Listing[schemas.ExtensionRow])
def waiting(
    request: HttpRequest, after: str = "", size: int = 50
) -> schemas.Listing[schemas.ExtensionRow]:
    """Return the requests that wait for the token's owner to decide, newest first."""
    page = queries.pending_extensions(access_of(request, "unit.extend"), after=after, size=size)
    rows = [schemas.ExtensionRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@extensions.post("/{extension_id}/approval", response=schemas.InstanceOut)
def approve(request: HttpRequest, extension_id: int, body: schemas.DecisionIn) -> HttpResponse:
    """Grant a request; the clock counts by the new limit from its start."""

    def work() -> schemas.InstanceOut:
        by, at = actor_of(request, "unit.extend"), clock.now()
        change = actions.approve_extension(extension_id, reason=body.reason, by=by, at=at)
        return schemas.InstanceOut.of(change)

    return carry_out(request, work)


@extensions.post("/{extension_id}/refusal", response=schemas.Made)
def refuse(request: HttpRequest, extension_id: int, body: schemas.ReasonIn) -> HttpResponse:
    """Refuse a request."""

    def work() -> schemas.Made:
        by, at = actor_of(request, "unit.extend"), clock.now()
        actions.refuse_extension(extension_id, reason=body.reason, by=by, at=at)
        return schemas.Made(id=extension_id)

    return carry_out(request, work)


@extensions.post("/{extension_id}/withdrawal", response=schemas.Made)
def take_back(request: HttpRequest, extension_id: int) -> HttpResponse:
    """Take a request of one's own back."""

    def work() -> schemas.Made:
        by, at = actor_of(request, "unit.work"), clock.now()
        actions.withdraw_extension(extension_id, by=by, at=at)
        return schemas.Made(id=extension_id)

    return carry_out(request, work)


@me.put("/warning-lead", response=schemas.WarningLeadOut)
def set_warning_lead(request: HttpRequest, body: schemas.WarningLeadIn) -> HttpResponse:
    """Set how long before a unit is due the token's owner is warned; units in hand follow."""

    def work() -> schemas.WarningLeadOut:
        by = actor_of(request, "unit.work")
        units = actions.set_warning_lead(
            staff_id=by.staff_id or 0, lead=body.lead, by=by, at=clock.now()
        )
        return schemas.WarningLeadOut(lead=body.lead.strip(), units=units)

    return carry_out(request, work)


@copies.get("", response=schemas.Listing[schemas.CopyRow])
def index(
    request: HttpRequest, *, unread: bool = False, after: str = "", size: int = 50
) -> schemas.Listing[schemas.CopyRow]:
    """Return what was copied to the token's owner or a post of theirs (抄送我的), newest first."""
    access = access_of(request, "case.view", "unit.work")
    page = queries.copies_for(access, unread_only=unread, after=after, size=size)
    rows = [schemas.CopyRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@copies.post("/{copy_id}/read", response=schemas.CopyReadOut)
def read(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Note that the token's owner has read a copy."""

    def work() -> schemas.CopyReadOut:
        by = actor_of(request, "case.view", also="unit.work")
        actions.mark_copy_read(copy_id, by=by, at=clock.now())
        return schemas.CopyReadOut(id=copy_id)

    return carry_out(request, work)
