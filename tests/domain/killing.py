"""Work that is killed by force on its way, in a process of its own: nothing of it tidies up."""

import os
import signal
import traceback
from collections.abc import Callable

from django.db import connection


def killed(work: Callable[[], object]) -> None:
    """Run work that comes upon `kill` somewhere; the test's own connection is made anew afterwards."""
    connection.close()
    connection.close_pool()  # a connection of two processes serves neither
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 -- nothing of the child may go on
            traceback.print_exc()
        os._exit(1)  # the rest of the tests is not this process's
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the work ended before it was killed"


def kill(*_arguments: object, **_options: object) -> None:
    """Be killed (-9)."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_call(number: int, plain: Callable[..., object]) -> Callable[..., object]:
    """Return a function that does as before and is killed in its call of this number, its work done and not committed."""
    calls = []

    def counted(*arguments: object, **options: object) -> object:
        calls.append(1)
        found = plain(*arguments, **options)
        if len(calls) == number:
            kill()
        return found

    return counted
