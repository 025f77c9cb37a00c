"""The words stored in the tables of escalations."""

from typing import Final

from django.db.models import TextChoices


class Cause(TextChoices):
    """What made a step of a ladder fire."""

    USED = "USED", "时限"
    REWORK = "REWORK", "返工"
    GRADE = "GRADE", "定级"


class Place(TextChoices):
    """Where in the organisation the search for a post begins; it goes up the tree from there."""

    HANDLING = "handling", "办理单位"
    RESPONSIBLE = "responsible", "责任单位"
    ACCEPTING = "accepting", "受理单位"


MOST_REPEATS: Final = 48
