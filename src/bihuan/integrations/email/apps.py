from django.apps import AppConfig
from django.conf import settings


class EmailConfig(AppConfig):
    """Gives `notifications` its way out by mail, once a server is set up."""

    name = "bihuan.integrations.email"
    label = "email"

    def ready(self) -> None:
        """Register the channel."""
        from bihuan.domain.notifications.choices import Channel  # noqa: PLC0415 -- once Django is ready
        from bihuan.domain.notifications.ports import CHANNELS  # noqa: PLC0415
        from bihuan.integrations.email.smtp import send  # noqa: PLC0415

        if settings.MAIL_SMTP and settings.MAILBOXES:
            CHANNELS.register(Channel.EMAIL, send)
