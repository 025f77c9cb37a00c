from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "bihuan.domain.notifications"
    label = "notifications"
