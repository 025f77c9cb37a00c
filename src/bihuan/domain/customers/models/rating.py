from django.db import models
from django.db.models import F, Q

from bihuan.domain.customers.choices import OPEN_RATINGS, RatingState
from bihuan.domain.customers.models.customer import Customer


class Rating(models.Model):
    """One run of a scheme over the customers of an org unit and below: drawn up, then decided about (SEG-06, SEG-20).

    `figures` holds what the report shows: how many were rated, the sum of their figures, the tiers before and
    after.
    """

    scheme = models.CharField(max_length=64)
    # The version of the scheme it was drawn up by.
    definition = models.ForeignKey("packs.Definition", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.OrgUnit", on_delete=models.PROTECT, related_name="+")
    # What a repeated request is known by: the period of a scheduled one, else the moment it was asked at.
    key = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16, choices=RatingState.choices, default=RatingState.DRAWING
    )
    as_of = models.DateTimeField()
    by = models.CharField(max_length=64)
    figures = models.JSONField(default=dict)
    drawn_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="rating_is_asked_for_once", fields=["scheme", "unit", "key"]
            ),
            models.UniqueConstraint(
                name="scheme_has_one_rating_under_way",
                fields=["scheme"],
                condition=Q(state__in=[state.value for state in OPEN_RATINGS]),
            ),
            models.CheckConstraint(
                name="rating_is_drawn_up_before_it_is_decided",
                condition=Q(state=RatingState.DRAWING, drawn_at__isnull=True)
                | (~Q(state=RatingState.DRAWING) & Q(drawn_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="rating_names_who_decided",
                condition=Q(
                    state__in=[RatingState.DRAWING, RatingState.PROPOSED],
                    decided_by="",
                    decided_at__isnull=True,
                )
                | (
                    ~Q(state__in=[RatingState.DRAWING, RatingState.PROPOSED])
                    & ~Q(decided_by="")
                    & Q(decided_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="rating_applied_at_iff_applied",
                condition=Q(state=RatingState.APPLIED, applied_at__isnull=False)
                | (~Q(state=RatingState.APPLIED) & Q(applied_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.key}"


class RatedCustomer(models.Model):
    """What a rating says of one customer, and why: every number its explanation needs.

    `before` and `after` are codes of tiers, empty for none. No key to the customer: a million lines are written at
    once, and a customer's row is never deleted.
    """

    rating = models.ForeignKey(
        Rating, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    customer_id = models.BigIntegerField()
    before = models.CharField(max_length=24, blank=True)
    after = models.CharField(max_length=24, blank=True)
    score = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    other = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    rank = models.BigIntegerField(default=0)
    same = models.BigIntegerField(default=0)
    place = models.BigIntegerField(default=0)
    ahead = models.DecimalField(max_digits=50, decimal_places=10, null=True)
    # What was known, in the order of the scheme's readings.
    known = models.JSONField(default=list)

    class Meta:
        constraints = [
            # Also a customer's history, and why they stand where they stand.
            models.UniqueConstraint(
                name="customer_is_rated_once_in_a_rating", fields=["customer_id", "rating"]
            ),
        ]
        indexes = [
            # The customers behind a figure of the report, a page at a time; and all that move.
            models.Index(fields=["rating", "before", "after", "customer_id"], name="rated_by_move"),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id}:{self.customer_id}"


class HeldTier(models.Model):
    """The tier a customer has under a scheme, and the rating that gave it; no row for none."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="tiers", db_index=False
    )
    scheme = models.CharField(max_length=64)
    tier = models.CharField(max_length=24)
    since_at = models.DateTimeField()
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="customer_has_one_tier_under_a_scheme", fields=["customer", "scheme"]
            ),
        ]
        indexes = [
            # Who is in a tier, for segments.
            models.Index(fields=["scheme", "tier"], name="held_by_tier"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.scheme} {self.tier}"


class Segment(models.Model):
    """Customers who fit a condition, kept by whoever made it (SEG-08). `condition` is what engines.segments reads."""

    title = models.CharField(max_length=64)
    owner = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    is_shared = models.BooleanField(default=False)
    condition = models.JSONField()
    # How many fitted when it was last saved, among those its owner sees.
    count = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="segment_has_one_title", fields=["owner", "title"]),
            models.CheckConstraint(name="segment_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(name="segment_counts_from_nought", condition=Q(count__gte=0)),
            models.CheckConstraint(
                name="segment_is_changed_after_it_is_made",
                condition=Q(updated_at__gte=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.title
