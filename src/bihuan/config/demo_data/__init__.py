"""Demo data beyond what packs bring. Every module here is one load; adding a file adds a load.

A module holds `def load(*, at: datetime) -> str`: it does nothing the second time and returns one
sentence about what is there. Modules run in the order of their names.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime


def load_all(*, at: datetime) -> Iterator[str]:
    """Run every load; yield what each says."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        said: str = importlib.import_module(f"{__name__}.{found.name}").load(at=at)
        yield said
