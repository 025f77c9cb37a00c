"""Makes the data directory, starts the server on it, and knows when it answers."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bihuan.integrations.postgres_embedded import binaries, processes
from bihuan.integrations.postgres_embedded.layout import DATABASE, Account, Layout
from bihuan.integrations.postgres_embedded.refusals import Unusable
from bihuan.kit.children import dies_with_parent

# More of them, or others, in BIHUAN_PG_OPTIONS: "shared_buffers=1GB work_mem=32MB".
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "max_locks_per_transaction": "256",
    "wal_compression": "on",
    "shared_preload_libraries": "",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    # A statement that fails carries what was typed, and the detail of an error quotes whole rows: phone
    # numbers do not belong in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_START_PATIENCE = 120.0
_LOG_ROTATES_AT = 20_000_000


@dataclass(frozen=True)
class Cluster:
    """A data directory with the programs that fit it."""

    layout: Layout
    programs: binaries.Binaries

    @classmethod
    def prepare(cls, layout: Layout) -> "Cluster":
        """Check what can be checked before a start, and make what is missing."""
        layout.check_length()
        account = layout.account
        try:
            _claim_directory(layout.sockets, account)
            _place_data(layout)
            major = _data_major(layout)
            programs = binaries.reachable(binaries.for_server(major), account)
            if major is None:
                _initialise(layout, programs)
        except OSError as problem:
            where = problem.filename or layout.data
            raise Unusable(
                f"用户 {account.name} 不能使用 {where}（{problem.strerror}）："
                "请检查权限与磁盘，或换一个 BIHUAN_HOME。"
            ) from problem
        return cls(layout, programs)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server as our child and return when it accepts connections."""
        processes.clear_the_way(self.layout)
        self.layout.log.parent.mkdir(exist_ok=True)
        _rotate(self.layout.log)
        with self.layout.log.open("ab") as log:
            said_before = log.tell()
            child = subprocess.Popen(
                self._command(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # SIGINT is PostgreSQL's fast shutdown: sessions end, nothing is lost.
                preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - one thread only
                **_as_user(self.layout.account),
            )
        self._wait_until_ready(child, said_before)
        return child

    def create_database(self) -> None:
        """Create the application's database when it is not there yet."""
        with psycopg.connect(**self._conninfo(), autocommit=True) as connection:
            known = "select 1 from pg_database where datname = %s"
            if connection.execute(known, [DATABASE]).fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} template template0").format(
                        sql.Identifier(DATABASE)
                    )
                )

    def _command(self) -> list[str]:
        options = OPTIONS | {"unix_socket_directories": str(self.layout.sockets)} | own_options()
        pairs = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [self.programs.program("postgres"), "-D", str(self.layout.data), *pairs]

    def _conninfo(self) -> dict[str, Any]:
        return self.layout.conninfo("postgres")

    def _wait_until_ready(self, child: subprocess.Popen[bytes], said_before: int) -> None:
        until = time.monotonic() + _START_PATIENCE
        while time.monotonic() < until:
            if child.poll() is not None:
                raise Unusable(self._why_it_ended(said_before))
            try:
                psycopg.connect(**self._conninfo()).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        child.send_signal(signal.SIGQUIT)
        child.wait()
        raise Unusable(
            f"数据库在 {_START_PATIENCE:.0f} 秒内没有就绪：原因见日志 {self.layout.log}。"
        )

    def _why_it_ended(self, said_before: int) -> str:
        with self.layout.log.open("rb") as log:
            log.seek(said_before)
            lines = log.read().decode(errors="replace").splitlines()
        fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        said = (fatal or lines or ["?"])[-1].rpartition(":  ")[2].strip()
        return (
            f"数据库不能启动，数据目录 {self.layout.data} 可能已损坏（{said}）："
            f"详情见 {self.layout.log}，必要时用备份恢复。"
        )


def own_options() -> dict[str, str]:
    """Return the operator's server options from `BIHUAN_PG_OPTIONS`."""
    words = os.environ.get("BIHUAN_PG_OPTIONS", "").split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def _as_user(account: Account) -> dict[str, Any]:
    if account.is_us:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _claim_directory(directory: Path, account: Account) -> None:
    """Make a private directory, or check that the one there is ours and private."""
    if not directory.exists() and not directory.is_symlink():
        directory.mkdir(mode=0o700, parents=True)
        if not account.is_us:
            os.chown(directory, account.uid, account.gid)
    found = directory.lstat()
    if directory.is_symlink() or not directory.is_dir():
        raise Unusable(f"{directory} 不是目录：请移走它，或换一个 BIHUAN_HOME。")
    if found.st_uid != account.uid:
        raise Unusable(
            f"{directory} 属于另一个用户（uid {found.st_uid}），而数据库以 {account.name} 运行："
            "请用那个用户运行，或换一个 BIHUAN_HOME。"
        )
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def _place_data(layout: Layout) -> None:
    """Make the data directory; where the server's user cannot reach the home, put it elsewhere.

    The home then holds a symbolic link: it alone says where the data is, and removing it really
    means starting afresh.
    """
    link = layout.data_link
    unreachable = not layout.account.can_pass(link)
    if unreachable and not link.is_symlink():
        if link.exists():
            raise Unusable(
                f"用户 {layout.account.name} 进不了 {link} 上面的目录："
                "请放开那些目录的进入权限，或换一个 BIHUAN_HOME。"
            )
        binaries.REACHABLE_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="data-", dir=binaries.REACHABLE_PLACE))
        os.chown(place, layout.account.uid, layout.account.gid)
        link.symlink_to(place)
    if link.is_symlink() and not link.exists():
        raise Unusable(
            f"{link} 指向的目录 {layout.data} 不见了：请找回它，或删除这个链接重新开始。"
        )
    _claim_directory(layout.data, layout.account)


def _data_major(layout: Layout) -> int | None:
    """Return the version that made the data; None when there is no data yet."""
    try:
        text = (layout.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if any(entry.name != "new" for entry in layout.data.iterdir()):
            raise Unusable(
                f"数据目录 {layout.data} 不是空的，却没有 PG_VERSION，可能已损坏："
                "请用备份恢复，或移走它重新开始。"
            ) from None
        return None
    if not text.isdigit():
        raise Unusable(f"数据目录 {layout.data} 的 PG_VERSION 已损坏：请用备份恢复。")
    return int(text)


def _initialise(layout: Layout, programs: binaries.Binaries) -> None:
    """Make an empty cluster beside the final place first, so that half a cluster never counts.

    The locale must be C.UTF-8: with plain "C", pg_trgm finds nothing in Chinese text.
    """
    new = layout.data / "new"
    shutil.rmtree(new, ignore_errors=True)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    options += ["--data-checksums", "--no-instructions"]
    if own_options().get("fsync") == "off":
        options.append("--no-sync")
    made = subprocess.run(
        [programs.program("initdb"), f"--pgdata={new}", *options],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **_as_user(layout.account),
    )
    if made.returncode:
        said = made.stdout.strip().splitlines()
        errors = [line for line in said if "error" in line] or said[-1:]
        raise Unusable(f"不能建立数据目录 {layout.data}（{' '.join(errors)[:300]}）。")
    # PG_VERSION last: its presence says that the directory is whole.
    for entry in sorted(new.iterdir(), key=lambda entry: entry.name == "PG_VERSION"):
        entry.rename(layout.data / entry.name)
    new.rmdir()


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_ROTATES_AT:
        log.replace(log.with_suffix(".log.1"))
