"""The states and kinds of clocks."""

from django.db import models


class ClockState(models.TextChoices):
    """Whether a clock counts."""

    RUNNING = "RUNNING", "走表"
    PAUSED = "PAUSED", "停表"
    STOPPED = "STOPPED", "已停"


class ClockKind(models.TextChoices):
    """What it means that a clock falls due: a limit is overdue, a timer fires and is done."""

    LIMIT = "LIMIT", "时限"
    TIMER = "TIMER", "定时"


class MomentKind(models.TextChoices):
    """What happens at a moment of a clock; the value is the name of its fact."""

    WARNED = "clock.warned", "预警"
    OVERDUE = "clock.overdue", "超期"
    FIRED = "timer.fired", "到点"


class DaySource(models.TextChoices):
    """Who says that a day differs from its weekday."""

    OFFICIAL = "OFFICIAL", "法定节假日"
    PACK = "PACK", "行业包"
    EDITED = "EDITED", "人工"
