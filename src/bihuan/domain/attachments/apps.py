from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "bihuan.domain.attachments"
    label = "attachments"
