"""The verbs of notifications: tell people, write to customers, note that they read, send what is due."""

from bihuan.domain.notifications.actions.letters import (
    return_letter,
    send_letters,
    withhold_letters,
    write_letter,
)
from bihuan.domain.notifications.actions.sending import send_due
from bihuan.domain.notifications.actions.telling import (
    MailAddressUnusable,
    NoticeMissing,
    PreferenceInvalid,
    notify,
    read_all,
    read_notice,
    set_preference,
)

__all__ = [
    "MailAddressUnusable",
    "NoticeMissing",
    "PreferenceInvalid",
    "notify",
    "read_all",
    "read_notice",
    "return_letter",
    "send_due",
    "send_letters",
    "set_preference",
    "withhold_letters",
    "write_letter",
]
