"""Which requests may be the same matter, and which matters are hot (TKT-18, TKT-19). Pure.

A text is found again by its rare pairs of characters; how alike two requests are is then worked out from
both whole texts, the person, the account, the address, the class and the time between them.
"""

from bihuan.engines.duplicates.grams import (
    Rarity,
    fingerprint,
    gram_of,
    grams,
    searched_by,
)
from bihuan.engines.duplicates.likeness import LIKELY, Evidence, Reader, Request
from bihuan.engines.duplicates.topics import Topic, topics

__all__ = [
    "LIKELY",
    "Evidence",
    "Rarity",
    "Reader",
    "Request",
    "Topic",
    "fingerprint",
    "gram_of",
    "grams",
    "searched_by",
    "topics",
]
