"""The verbs of interactions: keep a contact, take a mail over, sort it, forget its original."""

from bihuan.domain.interactions.actions.deliveries import (
    forget_originals,
    keep_delivery,
    put_off,
    settle,
    take_next,
)
from bihuan.domain.interactions.actions.following import Spoken, note_contact
from bihuan.domain.interactions.actions.recording import (
    locked_refused,
    record_interaction,
    refused_before,
    see_to,
)

__all__ = [
    "Spoken",
    "forget_originals",
    "keep_delivery",
    "locked_refused",
    "note_contact",
    "put_off",
    "record_interaction",
    "refused_before",
    "see_to",
    "settle",
    "take_next",
]
