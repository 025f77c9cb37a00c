"""The collector of cycles, in processes that load much, make much and leave hardly any cycle."""

import gc
from typing import Final

# Objects made before it looks at the young ones: a page, or a step of a replay, makes thousands.
YOUNG: Final = 10_000


def settle_down() -> None:
    """Let the collector pass over all that is loaded by now, and look at what is made less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
