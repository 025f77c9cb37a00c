"""The verbs of notifications: tell people, note that they read, send what is due."""

from bihuan.domain.notifications.actions.sending import send_due
from bihuan.domain.notifications.actions.telling import (
    NoticeMissing,
    PreferenceInvalid,
    notify,
    read_all,
    read_notice,
    set_preference,
)

__all__ = [
    "NoticeMissing",
    "PreferenceInvalid",
    "notify",
    "read_all",
    "read_notice",
    "send_due",
    "set_preference",
]
