"""Take a mail over from another server: once this says so, it is written down and cannot be lost."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from bihuan.domain.interactions import actions, rules
from bihuan.domain.interactions.events import NewDelivery
from bihuan.integrations.email import reading

# Where a mail that was fetched says whom it was for, the most certain first.
_FOR = ("delivered-to", "x-original-to", "envelope-to", "to", "cc", "resent-to")


def mailboxes() -> tuple[rules.Mailbox, ...]:
    """Return our mailboxes as set up."""
    return rules.read_mailboxes(settings.MAILBOXES)


def is_ours(address: str) -> bool:
    """Tell whether a mail to this address is for us."""
    return rules.mailbox_of(mailboxes(), address) is not None


def recipient_in(original: bytes) -> str:
    """Return which address of ours a fetched mail was sent to; our first when it does not say."""
    for address in reading.addresses_in(original, _FOR):
        if is_ours(address):
            return address
    return mailboxes()[0].address


def return_path_in(original: bytes) -> str:
    """Return the return path a fetched mail bears; without one, who it says it is from.

    An empty return path `<>` stays empty: it marks machines.
    """
    head = original[: 64 * 1024].lower()
    if b"return-path: <>" in head:
        return ""
    found = reading.addresses_in(original, ("return-path", "from", "sender"))
    return found[0] if found else ""


def take_over(original: bytes, *, sender: str, recipient: str, at: datetime) -> bool:
    """Write a mail down; return whether it is new. Raises what the database raises when it is away."""
    new = NewDelivery(reading.key_of(original), original, sender, recipient)
    return actions.keep_delivery(new, at=at)


def envelope(sender: str, recipient: str) -> reading.Envelope:
    """Return how a mail was handed over, with our mailbox and the token in its address."""
    plain = reading.Envelope(sender, recipient)
    found = rules.mailbox_of(mailboxes(), recipient)
    if found is None:
        return plain
    return replace(plain, own_address=found[0].address, token=found[1])
