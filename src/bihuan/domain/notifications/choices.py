"""The words stored in the tables of notifications."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices

from bihuan.engines.contacting import Purpose


class Topic(TextChoices):
    """What a notice is about; people choose by topic what reaches them outside the page."""

    ESCALATION = "ESCALATION", "升级"
    SUPERVISION = "SUPERVISION", "督办"
    URGE = "URGE", "催办"
    WARNING = "WARNING", "预警"
    DISPATCH = "DISPATCH", "派给我"
    COPY = "COPY", "抄送"
    BURST = "BURST", "集中出现"
    CASE = "CASE", "工单"
    CUSTOMER = "CUSTOMER", "客户"


class Channel(TextChoices):
    """Where a notice goes besides the page."""

    EMAIL = "EMAIL", "邮件"
    SMS = "SMS", "短信"
    WECHAT = "WECHAT", "微信"


class MessageState(TextChoices):
    """How far a message has come. WAITING ends only when it was sent: nothing is given up."""

    WAITING = "WAITING", "待发送"
    SENT = "SENT", "已发送"


class LetterState(TextChoices):
    """How far a letter has come. RETURNED: the other side refused it for good. WITHHELD: its receiver had not agreed."""

    WAITING = "WAITING", "待发送"
    SENT = "SENT", "已发送"
    RETURNED = "RETURNED", "被退回"
    WITHHELD = "WITHHELD", "未发出"


class Unsent(TextChoices):
    """How a letter stands that has not gone out."""

    HELD = "HELD", "暂缓发出"
    FAILING = "FAILING", "发送失败"
    QUEUED = "QUEUED", "等待发送"
    WITHHELD = "WITHHELD", "未发出"


# What a letter is for, in the words of `Purpose`.
PURPOSES: Final = (
    (Purpose.ANSWER.value, "即时应答"),
    (Purpose.SERVICE.value, "服务告知"),
    (Purpose.CARE.value, "回访关怀"),
    (Purpose.MARKETING.value, "推广"),
)

# After a failure: five seconds, then twice as long each time, an hour at most.
RETRY_FIRST: Final = timedelta(seconds=5)
RETRY_MOST: Final = timedelta(hours=1)
