"""Where a spawned worker begins: without Django, which must be up before anything of ours is loaded."""

import importlib
import multiprocessing
import pickle
from typing import Any

from bihuan.kit.children import end_when_orphaned
from bihuan.kit.collector import settle_down


def begin(job: bytes, nth: int, heard: Any) -> None:
    """Set Django up in this process, then work one share of the log; not longer than our parent lives."""
    if (parent := multiprocessing.parent_process()) is not None and parent.pid is not None:
        end_when_orphaned(parent.pid)
    importlib.import_module("django").setup()
    workers = importlib.import_module("bihuan.integrations.incident_log.workers")
    settle_down()
    # Pickled by our own parent process a moment ago.
    workers.work(pickle.loads(job), nth, heard)  # noqa: S301
