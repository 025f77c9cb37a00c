"""The words stored in the tables of interactions."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices


class Direction(TextChoices):
    """Who spoke."""

    IN = "IN", "来"
    OUT = "OUT", "往"


class Nature(TextChoices):
    """What stands behind a contact: a person, or a machine of which kind (RFC 3834)."""

    WRITTEN = "WRITTEN", "来信"
    SPOKEN = "SPOKEN", "来访来电"
    AUTO_GENERATED = "AUTO_GENERATED", "系统邮件"
    AUTO_REPLY = "AUTO_REPLY", "自动回复"
    BOUNCE = "BOUNCE", "退信"
    OWN = "OWN", "本系统发出的邮件"


class Outcome(TextChoices):
    """What became of something that came in."""

    OPENED = "OPENED", "新立工单"
    ADDED = "ADDED", "补充到工单"
    REOPENED = "REOPENED", "重开工单"
    OPENED_BESIDE = "OPENED_BESIDE", "另立关联工单"
    ASIDE = "ASIDE", "不立工单"
    ANSWERED = "ANSWERED", "当场答复"
    REFUSED = "REFUSED", "未建单"


class DeliveryState(TextChoices):
    """How far a delivered mail has come. WAITING ends only when it was sorted: none is given up."""

    WAITING = "WAITING", "待分拣"
    SORTED = "SORTED", "已分拣"


# A mail that cannot be sorted is tried again: after ten seconds, then ever later, an hour at most.
SORT_AGAIN_FIRST: Final = timedelta(seconds=10)
SORT_AGAIN_MOST: Final = timedelta(hours=1)
