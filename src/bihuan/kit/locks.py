"""Lock files: held by a process for as long as it lives, and readable by all."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockFile:
    """A lock that the kernel gives back when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def take(self, *, wait: bool = False) -> bool:
        """Take the lock; without `wait`, return False at once when somebody holds it."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        _give_to_home_owner(fd, self.path.parent)
        if not (_wait_for(fd) if wait else _try(fd)):
            os.close(fd)
            return False
        self._fd = fd
        return True

    def note_pid(self) -> None:
        """Write our process id into the file, for `holder`."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def holder(path: Path) -> int | None:
    """Return the process id of whoever holds the lock now."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        noted = os.pread(fd, 32, 0).strip()
        return int(noted) if noted.isdigit() else None
    else:
        return None
    finally:
        os.close(fd)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock for the length of a block, waiting for it first."""
    lock = LockFile(path)
    lock.take(wait=True)
    try:
        yield
    finally:
        lock.release()


def _wait_for(fd: int) -> bool:
    fcntl.flock(fd, fcntl.LOCK_EX)
    return True


def _try(fd: int) -> bool:
    """Try a few times: `holder` takes the lock for a moment to look at it."""
    for _attempt in range(3):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def _give_to_home_owner(fd: int, home: Path) -> None:
    """Keep a file made by root usable for the user who owns the home directory."""
    if os.geteuid() == 0:
        owner = home.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
