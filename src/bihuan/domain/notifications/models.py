"""Notices on people's pages, what goes out of the house, and what each person wishes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bihuan.domain.notifications.choices import (
    PURPOSES,
    Channel,
    LetterState,
    MessageState,
    Topic,
)
from bihuan.domain.org.models import Staff
from bihuan.engines.contacting import Purpose


class Notice(models.Model):
    """One person is told one thing, once: `key` says which."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    topic = models.CharField(max_length=20, choices=Topic)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    root = models.CharField(max_length=60)
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "key"], name="a_person_is_told_the_same_thing_once"
            ),
            models.CheckConstraint(
                condition=Q(topic__in=Topic.values), name="notice_topic_is_known"
            ),
        ]
        indexes = [
            # A person's notices, newest first.
            models.Index(fields=["staff", "-id"], name="notices_of_a_person"),
            # The number on the bell.
            models.Index(
                fields=["staff"], condition=Q(read_at__isnull=True), name="unread_notices"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Outgoing(models.Model):
    """A notice on its way to one channel. It waits until it was sent, however long that takes."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.WAITING)
    due_at = models.DateTimeField()
    in_digest = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel"], name="a_notice_goes_out_once_on_a_channel"
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | Q(state=MessageState.WAITING, sent_at__isnull=True),
                name="outgoing_is_sent_at_a_moment_iff_sent",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="outgoing_channel_is_known"
            ),
        ]
        indexes = [
            # What is to be sent now.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=MessageState.WAITING),
                name="outgoing_by_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class Letter(models.Model):
    """A message to somebody outside, on its way to one channel. It waits until it was sent or refused.

    `key` says which letter it is: the same one is never written twice. One that its receiver's terms hold
    back has its later `due_at`, one they forbid is WITHHELD; `last_error` says why.
    """

    key = models.CharField(max_length=120, unique=True)
    root = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=128, blank=True)
    purpose = models.CharField(
        max_length=10,
        choices=PURPOSES,
        default=Purpose.SERVICE.value,
        db_default=Purpose.SERVICE.value,
    )
    # Why a service message does not wait for the end of quiet hours.
    hurry = models.CharField(max_length=200, blank=True, default="", db_default="")
    title = models.CharField(max_length=400)
    text = models.TextField()
    headers = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=LetterState, default=LetterState.WAITING)
    written_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=LetterState.WAITING, sent_at__isnull=True)
                | Q(state=LetterState.SENT, sent_at__isnull=False)
                | Q(state=LetterState.RETURNED, returned_at__isnull=False)
                | Q(state=LetterState.WITHHELD, sent_at__isnull=True) & ~Q(last_error=""),
                name="letter_says_when_it_was_sent_or_returned",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="letter_channel_is_known"
            ),
            models.CheckConstraint(condition=~Q(address=""), name="letter_has_an_address"),
            models.CheckConstraint(
                condition=Q(purpose__in=[one.value for one in Purpose]),
                name="letter_purpose_is_known",
            ),
        ]
        indexes = [
            # What is to be sent now.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=LetterState.WAITING),
                name="letters_by_due",
            ),
            # What has not gone out, newest first.
            models.Index(
                fields=["-id"],
                condition=Q(state__in=(LetterState.WAITING, LetterState.WITHHELD)),
                name="letters_unsent",
            ),
            # How many were not sent for want of consent.
            models.Index(
                fields=["channel"],
                condition=Q(state=LetterState.WITHHELD),
                name="letters_withheld",
            ),
            # How many letters an address got lately.
            models.Index(fields=["address", "-written_at"], name="letters_of_an_address"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class Preference(models.Model):
    """What one person wishes to get outside the page, where by mail, and when not."""

    staff = models.OneToOneField(
        Staff, models.PROTECT, primary_key=True, related_name="+", db_index=False
    )
    channels = ArrayField(models.CharField(max_length=10), default=list)
    muted = ArrayField(models.CharField(max_length=20), default=list)
    digest_at = models.TimeField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    mail_address = models.CharField(max_length=320, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        ]

    def __str__(self) -> str:
        return ",".join(self.channels)
