"""The statements one submit was seen to send, sent again and again by pgbench, and what each costs.

The same reads and writes, and nothing that only our own code needs; pgbench sends them prepared. Decision 0044
says how this limit compares with statements written by hand.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg

from bihuan.kit import clock
from bihuan.kit.problems import Refused

Sent = Sequence[tuple[str, Any]]
PATIENCE = 10.0
WARM_UP = 0.2
LOOK_EVERY = 0.02
_BACKEND = """
select pid from pg_stat_activity
where datname = current_database() and application_name = 'pgbench' and query like '%processes_%'
"""


# A script has each statement on one line, where a remark would swallow what follows it.
_REMARK = re.compile(r"--[^\n]*")


class NoLimit(Refused):
    """pgbench ended early or did nothing."""

    status = 500
    message = "pgbench 没有给出结果，请查看其输出。"


@dataclass(frozen=True, slots=True)
class Slice:
    """What one side did in one short turn; seconds passed, and seconds of CPU in client and server."""

    units: int
    seconds: float
    client: float
    server: float

    @property
    def rate(self) -> float:
        """Return units a second."""
        return self.units / self.seconds


@dataclass(frozen=True, slots=True)
class Recorded:
    """One submit as it was sent: of which unit, which unit it opened, and the case it belongs to, if any."""

    sent: Sent
    before: int
    after: int
    case: int | None = None

    @property
    def instance(self) -> int:
        """Return the instance."""
        return self.before >> 20


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process of this machine has used; 0 where that is not told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("utf-8").split()[0]) / 1e9
    except OSError:
        return 0.0


# ---------------------------------------------------------------- pgbench
def play(program: str, script: str, conninfo: str, seconds: int) -> Slice:
    """Let pgbench run a script for some seconds; what it does at first, while it warms up, does not count."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "submit.sql"
        file.write_text(script, encoding="utf-8")
        options = ["-n", "-M", "prepared", "-c", "1", "-j", "1", "-T", str(seconds), "-l"]
        with subprocess.Popen(
            [program, *options, f"--log-prefix={folder}/log", "-f", str(file), conninfo],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            first, last = _watch(running, conninfo)
            errors = running.stderr.read() if running.stderr else ""
        ends = [end for log in Path(folder).glob("log*") for end in _ends(log)]
    units = sum(first.at < end <= last.at for end in ends)
    if running.returncode or not units:
        click.echo(errors, err=True)
        raise NoLimit
    return Slice(units, last.at - first.at, last.client - first.client, last.server - first.server)


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    client: float
    server: float


def _watch(running: "subprocess.Popen[str]", conninfo: str) -> tuple[_Look, _Look]:
    """Look at pgbench and its database process until it ends; return the first look after the warm-up and the last."""
    backend = _backend(running, conninfo)
    looks: list[_Look] = []
    time.sleep(WARM_UP)
    while running.poll() is None:
        look = _Look(clock.now().timestamp(), cpu_seconds(running.pid), cpu_seconds(backend))
        if look.server >= (looks[-1].server if looks else 0.0):
            looks.append(look)
        time.sleep(LOOK_EVERY)
    if len(looks) < 2:
        click.echo(running.stderr.read() if running.stderr else "", err=True)
        raise NoLimit
    # The last look may have seen the end: what passed before it is whole.
    return looks[0], looks[-2]


def _backend(running: "subprocess.Popen[str]", conninfo: str) -> int:
    """Return the process that serves the script; pgbench first opens another connection for itself."""
    until = time.monotonic() + PATIENCE
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while running.poll() is None and time.monotonic() < until:
            found = connection.execute(_BACKEND).fetchone()
            if found:
                return int(found[0])
            time.sleep(LOOK_EVERY / 4)
    click.echo(running.stderr.read() if running.stderr else "", err=True)
    raise NoLimit


def _ends(log: Path) -> list[float]:
    """Return when each transaction of a pgbench log ended."""
    lines = (line.split() for line in log.read_text("utf-8").splitlines())
    return [int(words[4]) + int(words[5]) / 1e6 for words in lines]


# ---------------------------------------------------------------- the script
BASE = "(:i::bigint << 20)"
NEW = f"({BASE} | :p_next_seq::bigint)"
OLD = f"({BASE} | (:p_next_seq::bigint - 1))"


def script(recorded: Recorded, instances: range) -> str:
    """Return one submit as a pgbench script: the statements it sent, for an instance picked at random."""
    spelling = _Spelling(recorded)
    lines = [f"\\set i random({instances.start}, {instances.stop - 1})", "begin;"]
    for text, params in recorded.sent:
        statement = spelling.statement(_REMARK.sub("", text), params)
        end = " \\gset p_" if "for update" in statement and "next_seq" in statement else ";"
        lines.append(" ".join(statement.split()) + end)
    return "\n".join([*lines, "commit;", ""])


class _Spelling:
    """Writes out a statement's parameters, with the ids of the moment in place of the recorded ones."""

    def __init__(self, recorded: Recorded) -> None:
        self.instance = recorded.instance
        self.ids: Mapping[str, str] = {str(recorded.before): OLD, str(recorded.after): NEW}
        self.names = {"instance": ":i", "next_seq": "(:p_next_seq::int + 1)", "unit": OLD}
        self.case = recorded.case
        if self.case is not None:
            # A case and its instance are made together, so they are always equally far apart.
            self.names["case"] = f"(:i::bigint - {self.instance - self.case})"

    def statement(self, text: str, params: Any) -> str:
        if isinstance(params, dict):
            spelled = {
                name: self.names.get(name) or self._literal(value) for name, value in params.items()
            }
            return re.sub(r"%\((\w+)\)s", lambda found: spelled[found[1]], text)
        values = iter(params or ())
        return re.sub(r"%s", lambda _: self._positional(next(values)), text)

    def _positional(self, value: Any) -> str:
        return ":i" if value == self.instance else self._literal(value)

    def _literal(self, value: Any) -> str:
        if value is None:
            return "null"
        if isinstance(value, list):
            return f"'{{{','.join(map(str, value))}}}'"
        if isinstance(value, bool | int):
            return str(value)
        # pgbench takes :word for a variable, also inside quotes.
        text = str(value)
        spelled = "'" + re.sub(r":(?=[A-Za-z_])", ": ", text).replace("'", "''") + "'"
        for old, new in self._replacements(text):
            spelled = f"replace({spelled}, '{old}', {new})"
        return f"({spelled})"

    def _replacements(self, text: str) -> list[tuple[str, str]]:
        """Return what must be replaced in a recorded text, and by which expression."""
        found = [(old, f"{new}::text") for old, new in self.ids.items() if old in text]
        if (owned := f'"instance_id":{self.instance},') in text:
            found.append((owned, "'\"instance_id\":' || :i || ','"))
        if (root := f'"root":"case:{self.case}"') in text:
            case = self.names["case"]
            found.append((root, f"'\"root\":\"case' || chr(58) || {case} || '\"'"))
        if clock := re.search(r'\[{"id":(\d+),"owner":"unit:', text):
            owner = f"'unit:' || {OLD}"
            one = f"(select id from clocks_clock where owner = {owner} and state <> 'STOPPED')"  # noqa: S608
            found.append((f'"id":{clock[1]},', f"'\"id\":' || {one} || ','"))
        return found


def recording(sent: list[tuple[str, Any]]) -> Callable[[str, Any], None]:
    """Return a watcher for `kit.db.watched` that keeps what is sent."""
    return lambda text, params: sent.append((text, params))
