"""Child processes that die with their parent, and a queue of signals to wait on (Linux)."""

import ctypes
import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Self

_PR_SET_PDEATHSIG = 1


def dies_with_parent(signal_number: int) -> Callable[[], None]:
    """Return a `preexec_fn`: the child leads its own session and gets this signal when we die.

    Only for parents with a single thread: the signal is tied to the thread that started the child.
    """
    parent = os.getpid()
    # Loaded before the fork: nothing may be imported or allocated freely after it.
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def prepare() -> None:
        os.setsid()
        prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it died before we could ask to be told
            os._exit(1)

    return prepare


def end_when_orphaned(parent: int) -> None:
    """Have the kernel kill this process when `parent`, which started it, dies or is dead already.

    For children of programs that we cannot teach to look after theirs.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class SignalQueue:
    """Turns signals into values to wait for, so that no code runs inside a handler."""

    def __init__(self, *signals: signal.Signals) -> None:
        self._read, self._write = socket.socketpair()
        self._read.settimeout(0)
        self._write.settimeout(0)
        self._old_fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, _noted) for number in signals}

    def wait(self, seconds: float) -> set[int]:
        """Return the signals that came; an empty set after `seconds` without any."""
        if not select.select([self._read], [], [], seconds)[0]:
            return set()
        return set(self._read.recv(4096))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()


def _noted(_number: int, _frame: object) -> None:
    """Do nothing: the number has already been written to the queue."""
