"""Process instances and their tokens: one row per unit run, join ticket, scope and timer."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Least

from bihuan.domain.org.models import OrgUnit, Staff
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes.choices import FAR, LIVE_STATES, InstanceState, TokenState

BESIDE_UNITS = Q(state__in=LIVE_STATES) & (
    ~Q(kind="USER") | Q(delegation__isnull=False) | Q(local__has_any_keys=["@group", "@back"])
)


class ProcessInstance(models.Model):
    """One run of one definition for one subject. The first lock of every operation is this row.

    `last_at` is the moment of the latest operation: nothing may happen before it any more. An instance
    called by another names the call activity's token (`parent_token`), the instance at the top of its
    call tree (`top`, itself if nobody called it) and how far below that it lies. The top row is the first
    lock of every operation on the tree.
    """

    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    subject = models.TextField()
    root = models.TextField()
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    calendar = models.TextField()
    initiator = models.TextField()
    parent_token = models.BigIntegerField(null=True)
    top = models.BigIntegerField()
    depth = models.SmallIntegerField(default=0, db_default=0)
    state = models.TextField(default=InstanceState.RUNNING)
    variables = models.JSONField(default=dict)
    rev = models.IntegerField(default=0)
    next_seq = models.IntegerField(default=1)
    priority = models.SmallIntegerField(default=0)
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    suspended_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="process_state_is_known", condition=Q(state__in=list(InstanceState))
            ),
            models.CheckConstraint(
                name="process_ended_at_iff_ended",
                condition=Q(
                    state__in=[InstanceState.DONE, InstanceState.TERMINATED], ended_at__isnull=False
                )
                | Q(
                    state__in=[InstanceState.RUNNING, InstanceState.SUSPENDED],
                    ended_at__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="process_sequence_fits_its_bits", condition=Q(next_seq__lt=1 << 20)
            ),
            models.CheckConstraint(
                name="process_is_its_own_top_unless_called",
                condition=Q(parent_token__isnull=True, top=models.F("id"))
                | (Q(parent_token__isnull=False) & ~Q(top=models.F("id"))),
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="process_of_subject"),
            # Who of a root waits for a message or signal.
            models.Index(fields=["root"], name="process_of_root"),
            # The instances below the top one of a call tree.
            models.Index(
                fields=["top", "parent_token"],
                name="process_called",
                condition=Q(parent_token__isnull=False),
            ),
        ]


class Token(models.Model):
    """One token. A "unit" (环节) is a token of kind USER.

    `owner` is whose work it is, `assignee` who does it; `delegate_of` is set while the assignee stands in
    for the owner; `delegation` says on what terms when the owner asked for it. `due_at` and the first `warn_at` repeat the unit's running clock;
    `rank_at` is `due_at`, or a far moment while no clock runs; `turn_at` is that less the head start of its
    priority: what the inbox sorts by (decision 0373).
    """

    id = models.BigIntegerField(primary_key=True)
    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    node = models.TextField()
    title = models.TextField(default="")
    flow_in = models.TextField(default="")
    kind = models.TextField()
    state = models.TextField()
    scope = models.BigIntegerField(default=0)
    parents = ArrayField(models.BigIntegerField(), default=list)
    consumed_by = models.BigIntegerField(null=True)
    origin = models.TextField(default="FLOW")
    loop_no = models.IntegerField(default=0)
    local = models.JSONField(default=dict)
    post = models.TextField(default="")
    unit = models.ForeignKey(
        OrgUnit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    assignee = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    delegate_of = models.ForeignKey(
        Staff,
        null=True,
        db_column="delegate_of",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    priority = models.SmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_kind = models.TextField(default="")
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    rank_at = models.DateTimeField(default=FAR)
    turn_at = models.DateTimeField(default=FAR, db_default=FAR)
    form = models.JSONField(null=True)
    draft = models.JSONField(null=True)
    delegation = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_state_is_known", condition=Q(state__in=list(TokenState))
            ),
            models.CheckConstraint(
                name="token_is_claimed_by_somebody",
                condition=~Q(state=TokenState.CLAIMED) | Q(assignee__isnull=False),
            ),
            models.CheckConstraint(
                name="token_closed_at_iff_not_live",
                condition=Q(state__in=LIVE_STATES, closed_at__isnull=True)
                | (~Q(state__in=LIVE_STATES) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="token_consumed_names_its_join",
                condition=~Q(state=TokenState.CONSUMED) | Q(consumed_by__isnull=False),
            ),
        ]
        indexes = [
            # The latest run of a node is one step away, whatever the number of its runs.
            models.Index(fields=["instance", "node", "id"], name="token_of_instance"),
            # What a submit reads: however long an instance's history is, only this.
            models.Index(
                fields=["instance"], name="token_live", condition=Q(state__in=LIVE_STATES)
            ),
            # Beside a thousand open units, what a step on one of them must know of.
            models.Index(fields=["instance"], name="token_beside_units", condition=BESIDE_UNITS),
            # Skips are counted over a period against who had the units (TKT-08).
            models.Index(
                fields=["closed_at"],
                name="token_skipped",
                condition=Q(kind="USER", close_kind="SKIPPED"),
            ),
            # Both inbox indexes hold all that the counts over the inbox read.
            models.Index(
                fields=["post", "unit", "turn_at", "id"],
                include=["title", "warn_at", "rank_at"],
                name="token_inbox_of_post",
                condition=Q(kind="USER", state=TokenState.OPEN),
            ),
            # Of claimed units only: so small that the planner cannot misjudge it.
            models.Index(
                fields=["owner", "turn_at", "id"],
                include=["title", "warn_at", "rank_at"],
                name="token_inbox_of_person",
                condition=Q(kind="USER", state=TokenState.CLAIMED),
            ),
            # The command desk: what is warned or overdue, whoever has it.
            models.Index(
                Least("warn_at", "rank_at"),
                name="token_alerts",
                condition=Q(kind="USER", state__in=[TokenState.OPEN, TokenState.CLAIMED]),
            ),
            # Units delegated to a person.
            models.Index(
                Cast(KT("delegation__to"), models.BigIntegerField()),
                "turn_at",
                name="token_inbox_of_delegate",
                condition=Q(kind="USER", state=TokenState.CLAIMED, delegation__isnull=False),
            ),
        ]
