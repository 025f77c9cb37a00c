"""What presses on a case from outside its route: supervision orders, and customers who ask again."""

from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.choices import Channel, OrderState
from bihuan.domain.cases.models.case import Case
from bihuan.domain.org.models import Staff


class SupervisionOrder(models.Model):
    """督办: somebody in charge asks a named person for an answer about a case by a moment (MON-08).

    Its clock `supervision:<id>` runs until it is answered. `escalated_at` says when nobody had answered in
    time and the superiors were told.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    issuer = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    addressee = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField("督办事由")
    limit = models.CharField("时限", max_length=32)
    calendar = models.CharField("日历", max_length=60)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField("要求答复时间")
    state = models.CharField(max_length=20, choices=OrderState, default=OrderState.ISSUED)
    round = models.PositiveSmallIntegerField(default=1)
    answer = models.TextField("答复", blank=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="supervision_order_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state__in=OrderState.values), name="supervision_order_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(issuer=F("addressee")), name="nobody_supervises_themselves"
            ),
            models.CheckConstraint(
                condition=Q(state=OrderState.ISSUED, answered_at__isnull=True)
                | Q(state=OrderState.WITHDRAWN)
                | Q(
                    state__in=[OrderState.ANSWERED, OrderState.CONFIRMED],
                    answered_at__isnull=False,
                ),
                name="supervision_order_is_answered_with_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[OrderState.CONFIRMED, OrderState.WITHDRAWN], ended_at__isnull=False
                )
                | Q(state__in=[OrderState.ISSUED, OrderState.ANSWERED], ended_at__isnull=True),
                name="supervision_order_ends_at_a_moment",
            ),
        ]
        indexes = [
            # A case's orders.
            models.Index(fields=["case"], name="supervision_of_a_case"),
            # What somebody must answer.
            models.Index(
                fields=["addressee", "due_at"],
                condition=Q(state=OrderState.ISSUED),
                name="supervision_to_answer",
            ),
            # What is out, by when it is due: the command desk.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(ended_at__isnull=True),
                name="supervision_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.reason[:40]

    @property
    def ref(self) -> str:
        """Return `supervision:9`, the owner of its clock."""
        return f"supervision:{self.pk}"


class CustomerUrge(models.Model):
    """The customer asked again where the matter stands (催办); counted on the case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=20, choices=Channel)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        # How often a customer asked, and when last.
        indexes = [models.Index(fields=["case", "-at"], name="urges_of_a_case")]

    def __str__(self) -> str:
        return self.note[:40]
