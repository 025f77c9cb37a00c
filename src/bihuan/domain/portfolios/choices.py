"""The words that portfolios stores."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices


class Purpose(TextChoices):
    """What a file is asked for."""

    CASE = "CASE", "办理工单"
    FOLLOW_UP = "FOLLOW_UP", "回访客户"
    RENEWAL = "RENEWAL", "续费与合同"
    CHECK = "CHECK", "核对资料"
    OTHER = "OTHER", "其他"


class RequestState(TextChoices):
    """How far a file request is."""

    ASKED = "ASKED", "待签字"
    GRANTED = "GRANTED", "已授权"
    REFUSED = "REFUSED", "未同意"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class Verdict(TextChoices):
    """What the review of broken glass found."""

    OPEN = "OPEN", "待复核"
    JUSTIFIED = "JUSTIFIED", "属实"
    UNJUSTIFIED = "UNJUSTIFIED", "不当调阅"


class HandoverState(TextChoices):
    """How far a hand-over is."""

    ASKED = "ASKED", "待签字"
    SIGNED = "SIGNED", "已划转"
    REFUSED = "REFUSED", "未同意"
    UNDONE = "UNDONE", "已撤销"


class CallOutcome(TextChoices):
    """What became of the first call after a hand-over."""

    REACHED = "REACHED", "已联系上"
    NO_ANSWER = "NO_ANSWER", "无人接听"
    WRONG_NUMBER = "WRONG_NUMBER", "号码有误"


class CorrectionKind(TextChoices):
    """Who found that a file must change (CUS-15, CUS-14)."""

    MISTAKE = "MISTAKE", "资料有误"
    AGENCY = "AGENCY", "代理商变更"


class CorrectionState(TextChoices):
    """How far a correction is."""

    REPORTED = "REPORTED", "待安排"
    ASSIGNED = "ASSIGNED", "修正中"
    CORRECTED = "CORRECTED", "已修正"
    REFUSED = "REFUSED", "不用改"


HOURS: Final = (2, 8, 24, 72, 168)
"""For how long a file may be asked for."""

GLASS_LASTS: Final = timedelta(hours=1)
TASK_LASTS: Final = timedelta(days=7)
LEAST_REASON: Final = 4
# Whoever breaks the glass writes a whole sentence.
LEAST_ALARM: Final = 10
MOST_HANDED_OVER: Final = 5000
