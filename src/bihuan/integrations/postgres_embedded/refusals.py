"""Why the embedded server cannot be used, in one sentence."""


class Unusable(Exception):
    """The embedded server cannot be used as things are; the message says why and what to do."""
