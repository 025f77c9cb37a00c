"""What others hand over to have kept."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it comes in. `use` is what it is for: `file`, `photo` or `signature`.

    `root` and `subject` are refs: the case it belongs to, and the unit it was filled in at.
    """

    root: str
    subject: str
    field: str
    use: str
    name: str
    pieces: Iterable[bytes]
