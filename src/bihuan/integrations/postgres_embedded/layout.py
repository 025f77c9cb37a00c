"""Where the embedded server's files are, and which operating-system user owns them."""

import hashlib
import os
import pwd
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bihuan.integrations.postgres_embedded.refusals import Unusable

DATABASE = "bihuan"
PORT = 5432  # only names the socket file; the server listens on no network address
# The kernel's limit for a socket's path, without its closing NUL.
_LONGEST_SOCKET_PATH = 107
# PostgreSQL's MAXPGPATH is 1024; tables and temporary files come below the directory.
_LONGEST_DATA_PATH = 900
# A fixed place, not TMPDIR: every process of every session must compute the same path.
_SHORT_PLACE = Path("/tmp")  # noqa: S108 - the directory below is 0700 and its owner is checked
_SERVER_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The operating-system user that runs the server."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Tell whether the server runs as the user of this process."""
        return self.uid == os.geteuid()

    def can_pass(self, path: Path) -> bool:
        """Tell whether this user may enter every directory above `path`."""
        return all(self._may_enter(parent) for parent in path.parents)

    def _may_enter(self, directory: Path) -> bool:
        try:
            found = directory.stat()
        except FileNotFoundError:
            return True
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return bool(found.st_mode >> shift & 0o1)


@dataclass(frozen=True)
class Layout:
    """The embedded server of one home directory. Computing it starts and writes nothing."""

    home: Path

    @cached_property
    def account(self) -> Account:
        """Return who runs the server: we ourselves, unless we are root.

        For root it is the owner of the data, else of the home directory, else `postgres` or
        `nobody`: PostgreSQL refuses to run as root.
        """
        if os.geteuid() != 0:
            return _account(os.geteuid())
        for place in (self.data_link, self.home):
            owner = _owner(place)
            if owner:
                return _account(owner)
        for name in _SERVER_USERS:
            try:
                return _account(pwd.getpwnam(name).pw_uid)
            except KeyError:
                continue
        raise Unusable("没有可以运行数据库的普通用户：请建立用户 postgres，或改用普通用户运行。")

    @property
    def data_link(self) -> Path:
        """Return the data directory's name; a symbolic link when the data had to live elsewhere."""
        return self.home / "pg"

    @property
    def data(self) -> Path:
        """Return the data directory itself."""
        return self.data_link.resolve()

    @cached_property
    def sockets(self) -> Path:
        """Return the directory of the server's socket: in the home, or a short, reachable path."""
        wanted = self.home / "pg-socket"
        fits = len(os.fsencode(_socket_in(wanted))) <= _LONGEST_SOCKET_PATH
        if fits and self.account.can_pass(wanted):
            return wanted
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return _SHORT_PLACE / f"bihuan-{digest}"

    @property
    def socket(self) -> Path:
        """Return the server's socket file."""
        return Path(_socket_in(self.sockets))

    @property
    def lock(self) -> Path:
        """Return the file that the supervisor holds locked, with its process id inside."""
        return self.home / "pg.lock"

    @property
    def start_lock(self) -> Path:
        """Return the file that whoever starts a supervisor holds locked meanwhile."""
        return self.home / "pg.start.lock"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.home / "log" / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """Return the database URL, whether or not the server is running."""
        return f"postgres://postgres@{quote(str(self.sockets), safe='')}/{database}"

    def conninfo(self, database: str) -> dict[str, Any]:
        """Return psycopg's connection arguments."""
        return {
            "host": str(self.sockets),
            "port": PORT,
            "user": "postgres",
            "dbname": database,
            "connect_timeout": 5,
        }

    def check_length(self) -> None:
        """Refuse a home whose path is too long for a data directory."""
        if len(os.fsencode(self.data_link)) > _LONGEST_DATA_PATH:
            shown = f"{str(self.home)[:60]}…"
            raise Unusable(f"数据目录的路径太长（{shown}）：请把 BIHUAN_HOME 设为更短的路径。")


def prepare_home(home: Path) -> Path:
    """Make the home directory and return its real path.

    A home made by root may be passed through by others, because the server runs as another user;
    what is inside stays closed to them.
    """
    try:
        if not home.exists():
            home.mkdir(parents=True, exist_ok=True)
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        return home.resolve()
    except OSError as problem:
        shown = str(home) if len(str(home)) <= 80 else f"{str(home)[:60]}…"
        raise Unusable(
            f"不能使用目录 {shown}（{problem.strerror}）：请把 BIHUAN_HOME 设为可写的目录。"
        ) from problem


def _socket_in(directory: Path) -> str:
    return f"{directory}/.s.PGSQL.{PORT}"


def _owner(place: Path) -> int:
    """Return the user id that owns a place; 0 when it does not exist."""
    try:
        return place.stat().st_uid
    except OSError:
        return 0


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a container started with a bare user id
        return Account(str(uid), uid, os.getegid() if uid == os.geteuid() else uid)
    return Account(entry.pw_name, uid, entry.pw_gid)
