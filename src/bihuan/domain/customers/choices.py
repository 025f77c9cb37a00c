"""The words that customers stores."""

from django.db.models import TextChoices


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
