from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "bihuan.domain.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Let those be told whom a contingency plan names."""
        from bihuan.domain.notifications.actions.plans import plan_started
        from bihuan.domain.org.ports import PLANS_STARTED

        PLANS_STARTED.register("notifications", plan_started)
