"""The words that customers stores."""

from typing import Final

from django.db.models import TextChoices

from bihuan.engines.contacting import terms


class CustomerKind(TextChoices):
    """A person or an organisation (CUS-03)."""

    PERSON = "PERSON", "个人"
    ORGANISATION = "ORGANISATION", "单位"


class ContactKind(TextChoices):
    """How a customer can be reached."""

    PHONE = "PHONE", "电话"
    EMAIL = "EMAIL", "邮箱"
    WECHAT = "WECHAT", "微信"
    ADDRESS = "ADDRESS", "地址"


class Tier(TextChoices):
    """How much attention a customer is promised; packs say what that means in hours."""

    NORMAL = "NORMAL", "普通"
    IMPORTANT = "IMPORTANT", "重要"
    VIP = "VIP", "贵宾"


class LifeState(TextChoices):
    """Where a customer stands: asked, served, gone (CUS-08, CUS-20, CUS-25)."""

    PROSPECT = "PROSPECT", "潜在客户"
    CUSTOMER = "CUSTOMER", "客户"
    LOST = "LOST", "已流失"


class LostReason(TextChoices):
    """Why a customer left (CUS-20)."""

    DEATH = "DEATH", "逝世"
    MOVED = "MOVED", "迁居"
    RELATION = "RELATION", "与其他公司建立联系"
    COMPETITION = "COMPETITION", "竞争"
    PRODUCT = "PRODUCT", "对产品不满意"
    ATTITUDE = "ATTITUDE", "业务代表的态度"
    OTHER = "OTHER", "其他"


class Consent(TextChoices):
    """Whether a customer agreed to be contacted this way."""

    UNKNOWN = terms.UNKNOWN, "未问过"
    GIVEN = terms.GIVEN, "同意联系"
    REFUSED = terms.REFUSED, "拒绝联系"


class IdentifierKind(TextChoices):
    """Numbers that name one person or organisation."""

    RESIDENT_ID = "RESIDENT_ID", "身份证号"
    CREDIT_CODE = "CREDIT_CODE", "统一社会信用代码"
    PASSPORT = "PASSPORT", "护照"
    OTHER = "OTHER", "其他证件"


class RelationKind(TextChoices):
    """What one customer is to another."""

    CONTACT = "CONTACT", "联系人"
    SUBSIDIARY = "SUBSIDIARY", "下属单位"
    DRIVER = "DRIVER", "司机"
    HOUSEHOLD = "HOUSEHOLD", "家庭成员"
    REFERRER = "REFERRER", "推荐人"


# What the other one is, seen from the contact, subsidiary, driver …: the household holds both ways.
SEEN_BACK: Final = {
    RelationKind.CONTACT: "所在单位",
    RelationKind.SUBSIDIARY: "上级单位",
    RelationKind.DRIVER: "所属车队",
    RelationKind.HOUSEHOLD: "家庭成员",
    RelationKind.REFERRER: "推荐来的客户",
}


class ImportState(TextChoices):
    """How far a file is."""

    MAPPING = "MAPPING", "待对应列"
    RUNNING = "RUNNING", "导入中"
    DONE = "DONE", "已导入"
    STOPPED = "STOPPED", "已停下"


class RejectedState(TextChoices):
    """What became of a line that was not taken in."""

    OPEN = "OPEN", "待修正"
    REPAIRED = "REPAIRED", "已收入"
    DROPPED = "DROPPED", "不要了"


class PairState(TextChoices):
    """What was decided about two files that may be one customer."""

    OPEN = "OPEN", "待定"
    MERGED = "MERGED", "已合并"
    REFUSED = "REFUSED", "不是同一客户"


class RatingState(TextChoices):
    """How far a rating of customers is."""

    DRAWING = "DRAWING", "计算中"
    PROPOSED = "PROPOSED", "待审批"
    APPROVED = "APPROVED", "生效中"
    APPLIED = "APPLIED", "已生效"
    REFUSED = "REFUSED", "未通过"


OPEN_RATINGS = (RatingState.DRAWING, RatingState.PROPOSED, RatingState.APPROVED)


class ConsolidationState(TextChoices):
    """How far a consolidation of the stored files is."""

    FINDING = "FINDING", "比对中"
    JOINING = "JOINING", "合并中"
    DONE = "DONE", "已完成"


class GrantKind(TextChoices):
    """Why a file opens to somebody it does not belong to."""

    SIGNED = "SIGNED", "经理签字"
    GLASS = "GLASS", "紧急调阅"
    TASK = "TASK", "交办"
