"""What can be wrong with a value, for counting and for repair."""

from enum import StrEnum


class Flaw(StrEnum):
    """Why a value is not usable as it stands."""

    MISSING = "MISSING"
    MALFORMED = "MALFORMED"
    CHECK_DIGIT = "CHECK_DIGIT"
    FAKE = "FAKE"
    INCOMPLETE = "INCOMPLETE"
    AMBIGUOUS = "AMBIGUOUS"

    @property
    def is_false(self) -> bool:
        """Return whether somebody wrote what cannot be true, rather than too little."""
        return self in {Flaw.MALFORMED, Flaw.CHECK_DIGIT, Flaw.FAKE}
