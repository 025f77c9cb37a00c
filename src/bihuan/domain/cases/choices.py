"""The words stored in the tables of cases."""

from typing import Final

from django.db.models import TextChoices


class CaseState(TextChoices):
    """How far the loop has come. RESOLVED is not closed: the customer has not agreed yet."""

    OPEN = "OPEN", "处理中"
    RESOLVED = "RESOLVED", "待回访"
    CLOSED = "CLOSED", "已办结"
    CANCELLED = "CANCELLED", "已撤销"
    MERGED = "MERGED", "已合并"


class Channel(TextChoices):
    """How a request reached us (CHN-02, CHN-07)."""

    PHONE = "PHONE", "电话"
    COUNTER = "COUNTER", "柜台"
    ONSITE = "ONSITE", "现场"
    WEB = "WEB", "网上"
    INTERNAL = "INTERNAL", "内部报办"
    LETTER = "LETTER", "信件"
    FAX = "FAX", "传真"
    EMAIL = "EMAIL", "邮件"
    VOICEMAIL = "VOICEMAIL", "自动录音"
    WECHAT = "WECHAT", "微信"
    SMS = "SMS", "短信"
    GOVERNMENT = "GOVERNMENT", "政府部门转办"
    SOCIAL = "SOCIAL", "社会联动"
    SUPERIOR = "SUPERIOR", "上级转办"
    MEDIA = "MEDIA", "媒体与舆情"
    OTHER = "OTHER", "其它"


# Somebody speaks with us; somebody else hands a case on to us and wants an answer of their own.
SPOKEN: Final = frozenset({"PHONE", "COUNTER", "ONSITE"})
REFERRED: Final = frozenset({"GOVERNMENT", "SOCIAL", "SUPERIOR", "MEDIA"})


class RequestType(TextChoices):
    """What kind of business a class belongs to (CHN-09)."""

    INQUIRY = "INQUIRY", "咨询查询"
    FAULT = "FAULT", "故障报修"
    RECONNECTION = "RECONNECTION", "欠费复电"
    COMPLAINT = "COMPLAINT", "投诉"
    OPINION = "OPINION", "意见"
    SUGGESTION = "SUGGESTION", "建议"
    PRAISE = "PRAISE", "表扬"
    REPORT = "REPORT", "举报"
    GENERAL = "GENERAL", "综合业务"
    APPLICATION = "APPLICATION", "业务申请"


class Grade(TextChoices):
    """How serious a case is, decided from importance, urgency and scope (TKT-13, TKT-14)."""

    ROUTINE = "ROUTINE", "一般"
    IMPORTANT = "IMPORTANT", "重要"
    MAJOR = "MAJOR", "重大"


class ConsentAnswer(TextChoices):
    """What the customer said when asked whether the case may be closed (CMP-05)."""

    AGREED = "AGREED", "同意"
    REFUSED = "REFUSED", "不同意"


class ClosureKind(TextChoices):
    """Why a case is closed. Only CONSENT counts as closed; the others are counted apart."""

    CONSENT = "CONSENT", "客户同意"
    WITHDRAWN = "WITHDRAWN", "撤销"
    IMPORTED = "IMPORTED", "外部系统已关闭"
    CONTROLLED = "CONTROLLED", "受控关闭"


class OrderState(TextChoices):
    """How far a supervision order has come. What was answered waits for who issued it."""

    ISSUED = "ISSUED", "待答复"
    ANSWERED = "ANSWERED", "已答复"
    CONFIRMED = "CONFIRMED", "已销号"
    WITHDRAWN = "WITHDRAWN", "已撤销"


class LinkKind(TextChoices):
    """How two cases have to do with one another."""

    RELATED = "RELATED", "相关"
    DUPLICATE = "DUPLICATE", "重复"


class Attribution(TextChoices):
    """Whose fault it was (TKT-17)."""

    NONE = "NONE", "无责任"
    PROMISE = "PROMISE", "违诺"
    MISTAKE = "MISTAKE", "工作差错"
    CONDUCT = "CONDUCT", "工作不规范"
    UNKNOWN = "UNKNOWN", "未注明"


class ReviewResult(TextChoices):
    """Whether a result may go to the customer (TKT-16)."""

    PASSED = "PASSED", "合规"
    REJECTED = "REJECTED", "不合规"


class Ruling(TextChoices):
    """What the inspection unit rules (CMP-20)."""

    CUSTOMER = "CUSTOMER", "支持客户"
    UNIT = "UNIT", "支持办理单位"
    PARTLY = "PARTLY", "部分支持客户"


class CapaState(TextChoices):
    """How far corrective and preventive measures have come (CMP-12)."""

    PLANNED = "PLANNED", "已制订"
    DONE = "DONE", "已完成"
    CHECKED = "CHECKED", "已验证"


class GrantKind(TextChoices):
    """What money is given for (CMP-14, CMP-19, CMP-21)."""

    COMPENSATION = "COMPENSATION", "补偿"
    REPAIR = "REPAIR", "包修"
    REPLACEMENT = "REPLACEMENT", "包换"
    REFUND = "REFUND", "包退"
    REWARD = "REWARD", "奖励"


class GrantState(TextChoices):
    """Somebody other than who proposed it decides."""

    PROPOSED = "PROPOSED", "待审批"
    APPROVED = "APPROVED", "已批准"
    DECLINED = "DECLINED", "未批准"
