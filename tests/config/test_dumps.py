"""Backup, restore and psql, as an operator runs them."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.config import archives
from bihuan.integrations.postgres_embedded import Layout
from bihuan.kit.locks import LockFile

pytestmark = pytest.mark.timeout(240)  # runs programs, on machines however busy
SOURCE = Path(__file__).parents[2] / "src"
ONE_FACT = "one-fact.dump"
FACTS = "select count(*) from ledger_fact"
RECORD = """
insert into ledger_fact (name, subject, root, actor, at)
values ('case.opened', 'case:9', 'case:9', 'system:bihuan', now()) returning id
"""
LEFTOVERS = "select count(*) from pg_database where datname like 'bihuan\\_%'"


class Desk:
    """An operator at the command line of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {key: value for key, value in os.environ.items() if "BIHUAN" not in key}
        kept.pop("DATABASE_URL", None)
        self.environment = kept | {
            "BIHUAN_HOME": str(home),
            "BIHUAN_PG_OPTIONS": "fsync=off shared_buffers=32MB",
            "PYTHONPATH": str(SOURCE),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bihuan.config", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, *arguments: str) -> str:
        """Run a command that must succeed."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def refused(self, *arguments: str) -> str:
        """Run a command that must be refused with one sentence."""
        ended = self.run(*arguments)
        assert ended.returncode == 2, ended.stdout + ended.stderr
        (sentence,) = ended.stderr.splitlines()
        return sentence

    def ask(self, question: str) -> object:
        conninfo = Layout(self.home).conninfo("bihuan")
        with psycopg.connect(**conninfo, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            return row[0] if row else None


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="bihuan-dumps-"))
    path.chmod(0o711)  # run by root, the database is another user and must pass through
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def desk(base: Path) -> Iterator[Desk]:
    """A desk whose database has all tables and at least one fact, backed up when it had just one."""
    made = Desk(base / "home")
    made.done("migrate")
    made.ask(RECORD)
    made.done("db", "backup", str(base / ONE_FACT))
    yield made
    made.done("stop")


@pytest.fixture(scope="module")
def dump(desk: Desk, base: Path) -> Path:
    return base / ONE_FACT


def test_a_restored_database_is_as_it_was_when_it_was_backed_up(desk, base):
    before = desk.ask(FACTS)
    file = base / "now.dump"
    assert str(file) in desk.done("db", "backup", str(file))
    desk.ask(RECORD)
    assert desk.ask(FACTS) == before + 1

    desk.done("db", "restore", str(file))

    assert desk.ask(FACTS) == before
    assert desk.ask(LEFTOVERS) == 0
    desk.ask(RECORD)  # numbers go on behind the restored ones
    assert desk.ask("select count(distinct id) from ledger_fact") == before + 1
    with pytest.raises(psycopg.DatabaseError):  # what guards the tables came back, too
        desk.ask("delete from ledger_fact returning id")


def test_a_backup_is_for_its_owners_eyes_only(dump):
    assert dump.stat().st_mode & 0o777 == 0o600
    with tarfile.open(dump) as archive:
        whole = archive.extractfile("database.dump")
        assert whole is not None
        assert whole.read(5) == b"PGDMP"


def test_files_people_handed_in_come_back_and_later_ones_go(desk, base):
    folder = desk.home / "files"
    kept = folder / "ab" / "abcd"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"a photo")
    (folder / "new-half").write_bytes(b"half")
    file = base / "with-files.dump"
    assert "附件 1 个" in desk.done("db", "backup", str(file))
    kept.unlink()
    later = folder / "cd" / "cdef"
    later.parent.mkdir()
    later.write_bytes(b"another")

    desk.done("db", "restore", str(file))

    assert kept.read_bytes() == b"a photo"
    assert not later.exists()
    assert [one.name for one in desk.home.glob("*rest*")] == []
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name", ["../away", "/away", "files/ab/../../away", "files/ab", "notes.txt"]
)
def test_what_no_backup_of_ours_holds_is_not_laid_out(tmp_path, name):
    with tarfile.open(tmp_path / "odd.dump", "w") as archive:
        for each in ("database.dump", name):
            member = tarfile.TarInfo(each)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"PGDMP"))

    with (
        pytest.raises(archives.ArchiveDamaged, match="does not belong"),
        archives.unpacked(tmp_path / "odd.dump", tmp_path / "home"),
    ):
        raise AssertionError

    assert [one.name for one in tmp_path.iterdir() if one.name != "odd.dump"] == ["home"]
    assert list((tmp_path / "home").iterdir()) == []


def test_a_dump_of_the_database_alone_is_restored_and_leaves_the_files(desk, dump, base):
    with tarfile.open(dump) as archive:
        whole = archive.extractfile("database.dump")
        assert whole is not None
        (base / "database.dump").write_bytes(whole.read())
    kept = desk.home / "files" / "ab" / "abcd"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"a photo")

    desk.done("db", "restore", str(base / "database.dump"))

    assert kept.read_bytes() == b"a photo"


def test_a_backup_brings_up_a_new_home(dump, base):
    other = Desk(base / "other")
    try:
        other.done("db", "restore", str(dump))
        assert other.ask(FACTS) == 1
        assert "已是最新" in other.done("migrate")
    finally:
        other.done("stop")


@pytest.mark.parametrize("damage", ["cut", "another-file"])
def test_a_damaged_backup_changes_nothing(desk, dump, base, damage):
    broken = base / f"{damage}.dump"
    whole = dump.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"hello\n" * 100)
    before = desk.ask(FACTS)

    assert "数据库保持原样" in desk.refused("db", "restore", str(broken))

    assert desk.ask(FACTS) == before
    assert desk.ask(LEFTOVERS) == 0


def test_nothing_is_restored_below_a_running_service(desk, dump):
    lock = LockFile(desk.home / "serve.lock")
    assert lock.take()
    lock.note_pid()
    try:
        said = desk.refused("db", "restore", str(dump))
    finally:
        lock.release()

    assert said == "服务正在运行：请先执行 bihuan stop，再恢复备份。"


def test_a_backup_that_fails_leaves_the_last_one(desk, base):
    file = base / "kept.dump"
    file.write_bytes(b"the last one")
    file.with_name("kept.dump.part").mkdir()

    assert "备份没有成功" in desk.refused("db", "backup", str(file))
    assert file.read_bytes() == b"the last one"


def test_a_backup_into_nowhere_is_refused(desk, base):
    assert "备份没有成功" in desk.refused("db", "backup", str(base / "nowhere" / "x.dump"))


def test_psql_hands_its_arguments_and_status_on(desk):
    assert desk.done("db", "psql", "-XAtc", "select 6 * 7") == "42\n"
    assert desk.run("db", "psql", "-XAtc", "select nonsense").returncode == 1
