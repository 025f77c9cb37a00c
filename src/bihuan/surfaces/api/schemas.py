"""What the API takes and gives, as the OpenAPI page shows it."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from ninja import Schema
from pydantic import Field

from bihuan.domain.cases.choices import Channel
from bihuan.domain.processes.ports import InstanceChange

T = TypeVar("T")


class Listing(Schema, Generic[T]):
    """One page; `next` and `prev` go into `after` and `before` of the next call, empty at an end."""

    items: list[T]
    next: str = ""
    prev: str = ""


class CaseIn(Schema):
    """What is known when a request is taken in."""

    pack: str = Field(examples=["hotline"])
    title: str = Field(min_length=1, max_length=300)
    unit: str = Field(description="Code of the accepting org unit")
    class_code: str = Field("", description="Code of the taxonomy; empty: not judged yet")
    description: str = Field("", max_length=20_000)
    channel: Channel = Channel.WEB
    customer_id: int | None = None
    contact_name: str = Field("", max_length=80)
    contact_phone: str = Field("", max_length=40)
    importance: int = Field(2, ge=1, le=3)
    urgency: int = Field(2, ge=1, le=3)
    scope: int = Field(2, ge=1, le=3)
    source_ref: str = Field("", max_length=120, description="The caller's own id; opened once")


class CaseOpened(Schema):
    """The case a request became."""

    number: str
    instance_id: int
    is_new: bool


class CaseRow(Schema):
    """A case in a list, its phone masked; numbers in texts are masked unless the token may see them."""

    number: str
    title: str
    class_code: str
    class_name: str
    state: str
    grade: str
    channel: str
    contact_name: str
    contact_phone: str
    org_unit: str
    responsible_unit: str
    current_units: str
    assignee: str
    next_due_at: datetime | None
    promised_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    rework_count: int
    reopen_count: int


class UnitRow(Schema):
    """A unit of work in somebody's list. `tier` is OVERDUE, WARN, NORMAL or PAUSED."""

    id: int
    case: str = ""
    node: str
    title: str
    state: str
    post: str
    unit_id: int | None
    assignee: str
    opened_at: datetime
    due_at: datetime | None = None
    tier: str = ""


class ExtensionRow(Schema):
    """A request for more time."""

    id: int
    unit_id: int
    subject: str
    node: str
    title: str
    clock_owner: str
    more: str
    until: datetime | None
    reason: str
    requested_by: str
    on_behalf_of: str
    requested_at: datetime
    state: str


class DueItem(Schema):
    """What submitting a unit will charge."""

    item: str
    name: str
    amount: str
    currency: str


class UnitOut(UnitRow):
    """One unit: what may be done with it, where it may go back to, and its form as JSON."""

    rev: int
    operations: list[str]
    return_targets: list[str]
    urges: int
    extension: ExtensionRow | None
    charges: list[DueItem]
    form: dict[str, Any] | None
    values: dict[str, Any]


class CaseUnit(Schema):
    """A unit of a case's process; `id` and `state` are empty when it has not been reached."""

    id: int | None
    node: str
    title: str
    state: str
    post: str
    assignee: str


class CaseOut(CaseRow):
    """One case with the units of its process, in the order of the drawing.

    `contact_phone` is whole for a token with `customer.see_phone`; each such answer is a fact.
    """

    description: str
    units: list[CaseUnit]


class FactOut(Schema):
    """One thing that happened."""

    id: int
    name: str
    subject: str
    actor: str
    on_behalf_of: str
    at: datetime
    recorded_at: datetime
    reason: str
    data: dict[str, Any]


class SubmissionIn(Schema):
    """A filled-in form, and the revision of the instance it was filled in for."""

    values: dict[str, Any] = Field(default_factory=dict)
    rev: int | None = None


class ReasonIn(Schema):
    """Why the route changes."""

    reason: str = Field(min_length=1, max_length=500)


class TransferIn(ReasonIn):
    """On to a person or to the post of another org unit."""

    to_staff_id: int | None = None
    to_unit: str = ""


class DelegationIn(Schema):
    """To whom a unit is delegated: until a moment, while its owner is away, or until given back."""

    to_staff_id: int
    until: datetime | None = None
    while_away: bool = False
    may_submit: bool = False
    reason: str = Field("", max_length=500)


class CompletionIn(Schema):
    """What a delegate filled in."""

    values: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field("", max_length=500)


class PostIn(Schema):
    """A post at an org unit, by their codes."""

    post: str
    unit: str


class CopiesIn(Schema):
    """Who gets a copy of a unit, and why."""

    staff: list[int] = []
    posts: list[PostIn] = []
    note: str = Field("", max_length=500)


class CopiesOut(Schema):
    """How many of the recipients had no copy yet."""

    new: int


class CopyRow(Schema):
    """A unit copied to somebody."""

    id: int
    unit_id: int
    subject: str
    node: str
    title: str
    sender: str
    note: str
    at: datetime
    read_at: datetime | None


class CopyReadOut(Schema):
    """The copy that was read."""

    id: int


class UrgeIn(Schema):
    """Why a unit is urged on, and whether the customer asked for it."""

    note: str = Field("", max_length=500)
    for_customer: bool = False


class UrgedOut(Schema):
    """How often the unit has been urged now."""

    count: int


class ExtensionIn(Schema):
    """More time: a span as limits are written (`2h`, `1wd`, `PT2H`) or until a moment."""

    more: str = Field("", max_length=32)
    until: datetime | None = None
    group: str = Field(
        "", description="A limit group of the process; empty for the unit's own limit"
    )
    reason: str = Field(min_length=1, max_length=500)


class Made(Schema):
    """What was made or changed."""

    id: int


class DecisionIn(Schema):
    """What is said about a granted request; may be empty."""

    reason: str = Field("", max_length=500)


class WarningLeadIn(Schema):
    """A time left (`2h`, `1wd`) or a share used (`80%`); empty for none of one's own."""

    lead: str = Field("", max_length=32)


class WarningLeadOut(Schema):
    """The lead in force, and how many units in hand follow it."""

    lead: str
    units: int


class ChargeRow(Schema):
    """Something charged for a unit; paid back if `refunded_at` is set. Amounts are texts: `"30.00"`."""

    id: int
    item: str
    name: str
    amount: str
    currency: str
    unit: str
    at: datetime
    refunded_at: datetime | None
    refund_reason: str


class InstanceOut(Schema):
    """Where the process stands after an operation."""

    instance_id: int
    state: str
    rev: int
    open_units: list[str]

    @classmethod
    def of(cls, change: InstanceChange) -> "InstanceOut":
        """Return what an operation answers with."""
        return cls(
            instance_id=change.instance_id,
            state=change.state,
            rev=change.rev,
            open_units=[unit.node for unit in change.units],
        )


class CustomerRow(Schema):
    """A customer in a list, the phone masked."""

    id: int
    name: str
    kind: str
    tier: str
    phone: str
    account_number: str
    address: str
