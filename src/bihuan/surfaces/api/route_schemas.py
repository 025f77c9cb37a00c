"""What the operations on routes, instances and versions take and give."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from bihuan.domain.processes.choices import Then
from bihuan.surfaces.api.schemas import ReasonIn


class ReturnIn(ReasonIn):
    """Back to an earlier unit: a node id, `previous` or `initiator`."""

    to: str = "previous"
    then: Then = Field(
        Then.FORWARD,
        description="`forward`: the flow goes on from there. `straight_back`: once submitted, this "
        "unit opens again and nothing between is done again",
    )


class NoteIn(Schema):
    """Why, if there is something to say."""

    reason: str = Field("", max_length=500)


class CoHandlerIn(NoteIn):
    """Who signs as well."""

    staff_id: int


class AssignmentIn(NoteIn):
    """Who is to do it."""

    staff_id: int


class JumpIn(ReasonIn):
    """Where to, instead of the unit named or of everything open."""

    to: str
    unit_id: int | None = None


class SuspensionIn(ReasonIn):
    """Until when; without a moment until somebody resumes it."""

    until: datetime | None = None


class ReopeningIn(ReasonIn):
    """The unit to go on at."""

    to: str


class ReversalIn(ReasonIn):
    """Why, and whether only to try it."""

    dry_run: bool = False


class MigrationIn(ReversalIn):
    """From which definition to which (their ids), and which node becomes which; same ids need no mention."""

    from_definition: int
    to_definition: int
    nodes: dict[str, str] = Field(default_factory=dict)


class MigratedInstance(Schema):
    """What became of one instance: MIGRATED, or REFUSED with the reason."""

    instance_id: int
    subject: str
    state: str
    message: str


class MigrationOut(Schema):
    """A batch and its results; a dry run has no batch."""

    batch_id: int | None
    results: list[MigratedInstance]


class SkipCount(Schema):
    """How many units of one owner were skipped: `how` is overdue or manual; no owner: nobody had it."""

    owner_id: int | None
    owner: str
    post: str
    unit_id: int | None
    how: str
    count: int
