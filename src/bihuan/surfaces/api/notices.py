"""`/api/v1/notices`: what the token's owner was told, and how they wish to be told."""

from datetime import datetime, time

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from bihuan.domain.notifications import actions, queries
from bihuan.domain.notifications.events import Preference
from bihuan.engines.contacting import Quiet
from bihuan.kit import clock
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.schemas import Listing

router = Router()
VERBS = ("case.view", "unit.work")


class NoticeOut(Schema):
    """One notice. `root` is the ref of what it is about."""

    id: int
    topic: str
    title: str
    text: str
    root: str
    urgent: bool
    at: datetime
    read_at: datetime | None


class UnreadOut(Schema):
    """How many notices are unread; counting stops at 99."""

    unread: int


class PreferenceBody(Schema):
    """What reaches a person outside the page, and when not."""

    channels: list[str] = []
    muted: list[str] = []
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    mail_address: str = ""


@router.get("", response=Listing[NoticeOut])
def index(
    request: HttpRequest, *, unread: bool = False, topic: str = "", after: str = "", size: int = 50
) -> Listing[NoticeOut]:
    """Return the token owner's notices, newest first."""
    access = access_of(request, *VERBS)
    page = queries.notices_for(access, unread_only=unread, topic=topic, after=after, size=size)
    rows = [NoticeOut.model_validate(row, from_attributes=True) for row in page.rows]
    return Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@router.get("/unread", response=UnreadOut)
def unread(request: HttpRequest) -> UnreadOut:
    """Return the number on the bell."""
    return UnreadOut(unread=queries.unread_count(access_of(request, *VERBS)))


@router.post("/read", response=UnreadOut)
def read_all(request: HttpRequest) -> HttpResponse:
    """Note that everything was read."""

    def work() -> UnreadOut:
        actions.read_all(by=actor_of(request, VERBS[0], also=VERBS[1]), at=clock.now())
        return UnreadOut(unread=0)

    return carry_out(request, work)


@router.post("/{notice_id}/read", response=UnreadOut)
def read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that one notice was read."""

    def work() -> UnreadOut:
        by = actor_of(request, VERBS[0], also=VERBS[1])
        actions.read_notice(notice_id, by=by, at=clock.now())
        return UnreadOut(unread=queries.unread_count(access_of(request, *VERBS)))

    return carry_out(request, work)


@router.get("/preference", response=PreferenceBody)
def preference(request: HttpRequest) -> PreferenceBody:
    """Return how the token's owner wishes to be told."""
    wish = queries.preference_of(access_of(request, *VERBS).staff_id)
    return PreferenceBody(
        channels=list(wish.channels),
        muted=list(wish.muted),
        digest_at=wish.digest_at,
        quiet_from=wish.quiet.begins if wish.quiet else None,
        quiet_until=wish.quiet.ends if wish.quiet else None,
        mail_address=wish.mail_address,
    )


@router.put("/preference", response=PreferenceBody)
def prefer(request: HttpRequest, body: PreferenceBody) -> HttpResponse:
    """Set how the token's owner wishes to be told."""

    def work() -> PreferenceBody:
        quiet = None
        if body.quiet_from is not None and body.quiet_until is not None:
            quiet = Quiet(body.quiet_from, body.quiet_until)
        channels, muted = tuple(body.channels), tuple(body.muted)
        wish = Preference(channels, muted, body.digest_at, quiet, body.mail_address)
        by = actor_of(request, VERBS[0], also=VERBS[1])
        actions.set_preference(wish, by=by, at=clock.now())
        return body

    return carry_out(request, work)
