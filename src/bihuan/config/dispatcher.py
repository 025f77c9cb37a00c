"""The dispatcher's loop: fire what is due, count clocks anew after a calendar changed, pass facts on.

It asks the database at least four times a second, and at the very moment the next clock falls due. It
outlives the database: while it is away, it tries again ever more slowly.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connections

from bihuan.domain.clocks import actions, queries
from bihuan.domain.ledger import actions as ledger
from bihuan.kit import clock

log = logging.getLogger(__name__)

LONGEST_SLEEP = 0.2
LONGEST_ABSENCE = 5.0


@dataclass
class Dispatcher:
    """Runs until `stop` is set; a batch that has begun is finished."""

    stop: threading.Event
    batch: int = 500
    relay_batch: int = 2000

    def run(self) -> None:
        """Take turns until told to stop."""
        absence = 0.0
        while not self.stop.is_set():
            try:
                sleep = 0.0 if self.turn() else self.time_to_next()
                absence = 0.0
            except (OperationalError, InterfaceError) as problem:
                absence = sleep = min(max(absence * 2, LONGEST_SLEEP), LONGEST_ABSENCE)
                log.warning("the database is away, trying again in %.1f s: %s", sleep, problem)
                connections["default"].close()
            if sleep:
                self.stop.wait(sleep)
        connections.close_all()

    def turn(self) -> bool:
        """Do one batch of each kind of work; say whether there may be more at once."""
        counted = actions.recompute_stale(limit=self.batch)
        fired = actions.fire_due(clock.now(), limit=self.batch)
        relayed = ledger.relay_outbox(limit=self.relay_batch)
        return bool(counted or fired) or relayed == self.relay_batch

    def time_to_next(self) -> float:
        """Return how long to sleep, in seconds."""
        moment = queries.next_moment()
        left = (moment - clock.now()) if moment else timedelta(seconds=LONGEST_SLEEP)
        # A moment that is due and was not fired belongs to a busy owner, or waits after a failure.
        return min(left.total_seconds(), LONGEST_SLEEP) if left > timedelta(0) else LONGEST_SLEEP
