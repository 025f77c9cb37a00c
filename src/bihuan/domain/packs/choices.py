"""The states of a definition."""

from django.db.models import TextChoices


class Status(TextChoices):
    """A definition is written, comes into force, and makes way for the next version."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已停用"
