"""The states of a definition, and where its words come from."""

from django.db.models import TextChoices


class Status(TextChoices):
    """A definition is written, comes into force, and makes way for the next version.

    OFFERED came with a pack while a version of the studio was in force (decision 0130).
    """

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已停用"
    OFFERED = "OFFERED", "未启用"


class Origin(TextChoices):
    """A pack's own words are replaced by the next release of the pack; the studio's are not."""

    PACK = "PACK", "行业包"
    STUDIO = "STUDIO", "工作室"
