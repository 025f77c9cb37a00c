"""Contacts with customers, and mails that were handed to us and not sorted yet."""

from django.db import models
from django.db.models import Q

from bihuan.domain.customers.models import Customer
from bihuan.domain.interactions.choices import DeliveryState, Direction, Nature, Outcome
from bihuan.domain.org.models import OrgUnit


class Interaction(models.Model):
    """One contact with a customer on one channel, either way: the same record whatever the channel.

    `root` is the ref of the case it belongs to, empty for what was set aside. `party_…` is who we spoke with,
    `own_address` the address of ours it went to or came from. `channel` is a word of `cases.Channel`.
    """

    root = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, choices=Direction)
    nature = models.CharField(max_length=20, choices=Nature, default=Nature.WRITTEN)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False
    )
    party_name = models.CharField(max_length=128, blank=True)
    party_address = models.CharField(max_length=320, blank=True)
    own_address = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    remark = models.TextField(blank=True)
    external_id = models.CharField(max_length=400, blank=True)
    letter_key = models.CharField(max_length=120, blank=True)
    # The place of ours that took it, and how many people came.
    org_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", db_index=False
    )
    headcount = models.PositiveIntegerField(default=1, db_default=1)
    # What could not be taken in, as it was sent, until somebody has seen to it: nothing is lost on refusal.
    sent = models.JSONField(null=True)
    settled_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="interaction_direction_is_known"
            ),
            models.CheckConstraint(
                condition=Q(nature__in=Nature.values), name="interaction_nature_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", *Outcome.values]),
                name="interaction_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(direction=Direction.OUT, outcome="")
                | Q(direction=Direction.IN) & ~Q(outcome=""),
                name="what_came_in_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.REFUSED) | (Q(sent__isnull=False) & ~Q(remark="")),
                name="what_was_refused_is_kept_with_the_reason",
            ),
            # The same line of a bulk, refused again, stays one entry.
            models.UniqueConstraint(
                fields=["external_id"],
                condition=Q(outcome=Outcome.REFUSED, settled_at__isnull=True) & ~Q(external_id=""),
                name="what_was_refused_is_kept_once",
            ),
        ]
        indexes = [
            # The conversation of a case.
            models.Index(
                fields=["root", "id"], condition=~Q(root=""), name="interactions_of_a_root"
            ),
            # What does this one answer?
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="interactions_by_external_id",
            ),
            # What was set aside, newest first.
            models.Index(
                fields=["-id"], condition=Q(outcome=Outcome.ASIDE), name="interactions_aside"
            ),
            # The register of visits and calls, newest first.
            models.Index(
                fields=["-at", "-id"],
                condition=Q(org_unit__isnull=False),
                name="interactions_register",
            ),
            # What was refused and nobody has seen to.
            models.Index(
                fields=["-id"],
                condition=Q(outcome=Outcome.REFUSED, settled_at__isnull=True),
                name="interactions_refused",
            ),
            # A customer's contacts on all channels, newest first.
            models.Index(
                fields=["customer", "-id"],
                condition=Q(customer__isnull=False),
                name="interactions_of_a_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.channel} {self.root}"


class Delivery(models.Model):
    """A mail as another server handed it over, whole, written before that server is told "taken".

    Sorting makes an interaction of it. The original is kept for a while after that, as evidence.
    """

    key = models.CharField(max_length=64, unique=True)
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.CharField(max_length=320)
    original = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    interaction = models.ForeignKey(
        Interaction, models.PROTECT, null=True, related_name="+", db_index=False
    )
    sorted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state=DeliveryState.WAITING, sorted_at__isnull=True, original__isnull=False
                )
                | Q(state=DeliveryState.SORTED, sorted_at__isnull=False, interaction__isnull=False),
                name="delivery_is_whole_until_it_is_sorted",
            ),
        ]
        indexes = [
            # What is to be sorted now.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=DeliveryState.WAITING),
                name="deliveries_by_due",
            ),
            # Originals that may be forgotten.
            models.Index(
                fields=["sorted_at"],
                condition=Q(original__isnull=False, sorted_at__isnull=False),
                name="originals_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_to} {self.state}"
