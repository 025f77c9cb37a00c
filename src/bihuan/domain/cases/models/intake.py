"""What is kept about how cases came in, and what finds them again."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.models.case import Case
from bihuan.domain.customers.models import Customer
from bihuan.domain.org.models import OrgUnit


class Fingerprint(models.Model):
    """The pairs of characters a case is found again by (decision 0240). Narrow, so that it stays in memory."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    opened_at = models.DateTimeField()
    address = models.CharField("发生地点", max_length=200, blank=True)
    grams = ArrayField(models.IntegerField())

    class Meta:
        indexes = [
            # Cases that share rare pairs with a new request.
            GinIndex(
                OpClass(F("grams"), name="gin__int_ops"),
                name="cases_by_pairs_of_characters",
                gin_pending_list_limit=512,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"


class HotTopic(models.Model):
    """One matter that many cases are about, as last worked out for a pack and a stretch of time."""

    pack = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    case_ids = ArrayField(models.BigIntegerField())
    people = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField()
    # Of the days up to now, worked out every hour; else of a stretch somebody asked for.
    is_rolling = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            # The list of a pack, the hottest first.
            models.Index(fields=["pack", "is_rolling", "-people", "id"], name="topics_of_a_pack"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ×{len(self.case_ids)}"


class Referral(models.Model):
    """A case handed on to us by somebody else, who wants an answer of their own (CHN-07, CHN-08)."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    sender = models.CharField("来文单位", max_length=120)
    reference = models.CharField("来文编号", max_length=80, blank=True)
    reply_due_at = models.DateTimeField("来文要求答复时间", null=True)

    class Meta:
        indexes = [
            # The same letter again.
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="referrals_by_reference"
            ),
            # What the senders are waiting for.
            models.Index(
                fields=["reply_due_at"],
                condition=Q(reply_due_at__isnull=False),
                name="referrals_by_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.reference}"


class Petition(models.Model):
    """A case many people stand behind (CHN-20): how many came, and since when they have been raising it."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    headcount = models.PositiveIntegerField("人数")
    raised_before = models.PositiveIntegerField("此前反映次数", default=0)
    first_raised_on = models.DateField("首次反映日期", null=True)
    note = models.TextField("现场情况", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(headcount__gte=2), name="petition_has_at_least_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} ×{self.headcount}"


class Participant(models.Model):
    """One of the people behind a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=40, blank=True)
    digits = models.CharField(max_length=20, blank=True)
    is_representative = models.BooleanField(default=False)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "name", "digits"], name="participant_is_noted_once_per_case"
            ),
        ]
        indexes = [
            # Other petitions of the same person.
            models.Index(fields=["digits"], condition=~Q(digits=""), name="participants_by_phone"),
            models.Index(
                fields=["customer"],
                condition=Q(customer__isnull=False),
                name="participants_by_customer",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Consultation(models.Model):
    """A question the desk puts to an expert group, and their judgement (TKT-13, TKT-14, ORG-03)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    group_key = models.CharField("专家组", max_length=120)
    question = models.TextField("请研判的问题")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    told = ArrayField(models.BigIntegerField(), default=list)
    opinion = models.TextField("研判意见", blank=True)
    class_code = models.CharField(max_length=200, blank=True)
    responsible_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by="", opinion="")
                | Q(answered_at__isnull=False) & ~Q(answered_by="") & ~Q(opinion=""),
                name="consultation_is_answered_with_an_opinion",
            ),
            models.UniqueConstraint(
                fields=["case", "group_key"],
                condition=Q(answered_at__isnull=True, withdrawn_at__isnull=True),
                name="a_group_is_asked_about_a_case_once_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="consultations_of_a_case"),
            # What the groups have to answer.
            models.Index(
                fields=["group_key", "asked_at"],
                condition=Q(answered_at__isnull=True, withdrawn_at__isnull=True),
                name="consultations_to_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.group_key}"
