"""Cases, their taxonomy, and the rows that allow one to be closed.

Two rules are held by foreign keys over several columns, which Django cannot declare; the second
migration adds them: a closure by consent refers to an agreed consent of the same case, and a case
refers to a closure of its own.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from bihuan.domain.cases.choices import (
    CaseState,
    Channel,
    Grade,
    RequestType,
)
from bihuan.domain.customers.models import Account, Customer
from bihuan.domain.org.models import OrgUnit

ENDED = [CaseState.CLOSED, CaseState.CANCELLED]


class CaseClass(models.Model):
    """One class of a pack's three-level taxonomy. What a class leaves open its parent decides."""

    pack = models.CharField("行业包", max_length=60)
    code = models.CharField("代码", max_length=200)
    name = models.CharField("名称", max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    level = models.PositiveSmallIntegerField()
    request_type = models.CharField("业务类型", max_length=20, choices=RequestType)
    grade = models.CharField("默认等级", max_length=20, choices=Grade, default=Grade.ROUTINE)
    grading = models.CharField("定级表", max_length=120, blank=True)
    process_key = models.CharField("流程", max_length=120)
    limit = models.CharField("总时限", max_length=20, blank=True)
    calendar = models.CharField("日历", max_length=60, blank=True)
    burst = models.CharField("集中出现", max_length=40, blank=True, default="", db_default="")
    origin = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_offered = models.BooleanField("可选", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "code"], name="class_code_is_unique_in_its_pack"
            ),
            models.UniqueConstraint(
                fields=["pack", "parent", "name"],
                nulls_distinct=False,
                name="classes_of_one_parent_have_different_names",
            ),
            models.CheckConstraint(
                condition=Q(level=1, parent__isnull=True)
                | Q(level__in=[2, 3], parent__isnull=False),
                name="class_has_a_parent_unless_it_is_first_level",
            ),
            models.CheckConstraint(
                condition=Q(grade__in=Grade.values), name="class_grade_is_known"
            ),
            models.CheckConstraint(
                condition=Q(request_type__in=RequestType.values), name="class_request_type_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """What one customer wants, from intake to closure."""

    number = models.CharField("编号", max_length=40)
    pack = models.CharField("行业包", max_length=60)
    source_ref = models.CharField("来源", max_length=120, blank=True)
    title = models.CharField("主题", max_length=300)
    description = models.TextField("内容", blank=True)
    channel = models.CharField("渠道", max_length=20, choices=Channel)
    cls = models.ForeignKey(
        CaseClass, models.PROTECT, related_name="+", db_index=False, verbose_name="类别"
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="客户"
    )
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="户号"
    )
    contact_name = models.CharField("联系人", max_length=80, blank=True)
    contact_phone = models.CharField("联系电话", max_length=40, blank=True)
    contact_digits = models.CharField(max_length=20, blank=True)
    org_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="+", db_index=False, verbose_name="受理单位"
    )
    responsible_unit = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name="责任单位",
    )
    importance = models.PositiveSmallIntegerField("重要程度", default=2)
    urgency = models.PositiveSmallIntegerField("紧急程度", default=2)
    scope = models.PositiveSmallIntegerField("影响范围", default=2)
    grade = models.CharField("等级", max_length=20, choices=Grade)
    level = models.PositiveSmallIntegerField("升级层级", default=1)
    state = models.CharField("状态", max_length=20, choices=CaseState, default=CaseState.OPEN)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    rework_count = models.PositiveSmallIntegerField("返工次数", default=0)
    reopen_count = models.PositiveSmallIntegerField("重开次数", default=0)
    # Once a complaint, it ends as one, whatever class it is put into later (CMP-05).
    was_complaint = models.BooleanField(default=False, db_default=False)
    urge_count = models.PositiveSmallIntegerField("客户催办次数", default=0, db_default=0)
    promised_at = models.DateTimeField("承诺时间", null=True)
    opened_at = models.DateTimeField("受理时间")
    resolved_at = models.DateTimeField("处理完成时间", null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    closure = models.OneToOneField("Closure", models.PROTECT, null=True, related_name="+")
    # The mass incident it is part of; the case it was merged into.
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", db_index=False
    )

    # Every unit the case was ever accepted, dispatched or worked in: who may see it.
    involved_unit_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            # Also the search by the beginning of a number.
            models.UniqueConstraint(
                fields=["number"], opclasses=["varchar_pattern_ops"], name="case_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["source_ref"],
                condition=~Q(source_ref=""),
                name="case_is_taken_over_from_its_source_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=CaseState.values), name="case_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, closure__isnull=False, closed_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(closure__isnull=True, closed_at__isnull=True)),
                name="case_is_closed_if_and_only_if_it_has_a_closure",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.MERGED, merged_into__isnull=False)
                | (~Q(state=CaseState.MERGED) & Q(merged_into__isnull=True)),
                name="case_is_merged_if_and_only_if_it_has_a_survivor",
            ),
            models.CheckConstraint(
                condition=(Q(parent__isnull=True) | ~Q(parent=F("id")))
                & (Q(merged_into__isnull=True) | ~Q(merged_into=F("id"))),
                name="case_is_not_part_of_itself",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.RESOLVED) | Q(resolved_at__isnull=False),
                name="resolved_case_says_when",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="case_channel_is_known"
            ),
            models.CheckConstraint(condition=Q(grade__in=Grade.values), name="case_grade_is_known"),
            models.CheckConstraint(
                condition=Q(importance__range=(1, 3), urgency__range=(1, 3), scope__range=(1, 3)),
                name="importance_urgency_and_scope_are_one_to_three",
            ),
            models.CheckConstraint(
                condition=Q(level__gte=1, round=1 + F("rework_count") + F("reopen_count")),
                name="case_round_counts_reworks_and_reopenings",
            ),
        ]
        indexes = [
            # The list of all cases, newest first.
            models.Index(fields=["-opened_at", "-id"], name="cases_by_age"),
            # The list of cases in a state, newest first.
            models.Index(fields=["state", "-opened_at", "-id"], name="cases_by_state"),
            # What the staff of a few units may see.
            GinIndex(fields=["involved_unit_ids"], name="cases_of_involved_units"),
            # The list of a class.
            models.Index(fields=["cls", "-opened_at"], name="cases_of_a_class"),
            # A customer's other cases; duplicates.
            models.Index(fields=["customer", "-opened_at"], name="cases_of_a_customer"),
            models.Index(
                fields=["account"],
                condition=Q(account__isnull=False),
                name="cases_of_account",
            ),
            models.Index(
                fields=["parent"], condition=Q(parent__isnull=False), name="cases_of_a_parent"
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="cases_merged_into",
            ),
            # Search by phone.
            models.Index(
                fields=["contact_digits", "-opened_at"],
                condition=~Q(contact_digits=""),
                name="cases_of_a_phone",
            ),
            # Search by the last digits of a phone, newest first: in order, whatever the planner guesses.
            models.Index(
                Right("contact_digits", 4),
                F("opened_at").desc(),
                F("id").desc(),
                condition=~Q(contact_digits=""),
                name="cases_by_last_four_digits",
            ),
            # Search by the beginning of a contact's name, and by three characters of a title.
            models.Index(
                fields=["contact_name"],
                opclasses=["varchar_pattern_ops"],
                condition=~Q(contact_name=""),
                name="cases_by_contact_name",
            ),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="cases_title_trigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Standing(models.Model):
    """Where a case stands in its process, repeated here so that a list needs no look at tokens.

    Written once per transaction of the process. A table of its own: it changes with every unit, and
    the case with its many indexes does not.
    """

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="standing", db_index=False
    )
    instance_id = models.BigIntegerField(null=True)
    process_state = models.CharField(max_length=20, blank=True)
    current_units = models.CharField("当前环节", max_length=400, blank=True)
    org_unit_ids = ArrayField(models.BigIntegerField(), default=list)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name="经办人",
    )
    next_due_at = models.DateTimeField("当前时限", null=True)

    class Meta:
        indexes = [
            # What is due next.
            models.Index(
                fields=["next_due_at", "case"],
                condition=Q(next_due_at__isnull=False),
                name="cases_by_next_due",
            ),
            # The cases one person works on.
            models.Index(
                fields=["assignee"],
                condition=Q(assignee__isnull=False),
                name="cases_of_an_assignee",
            ),
        ]

    def __str__(self) -> str:
        return self.current_units


class Handling(models.Model):
    """What somebody did about a case in one round. Whoever handles may not verify (CMP-04)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="handlings")
    round = models.PositiveSmallIntegerField()
    text = models.TextField("处理情况")
    handled_by = models.CharField(max_length=60)
    on_behalf_of = models.CharField(max_length=60, blank=True)
    org_unit_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:40]


class Note(models.Model):
    """Something worth knowing about a case that moves nothing."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    text = models.TextField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:40]
