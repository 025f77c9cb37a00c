"""The process that reads a file ahead ends with the one that started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"
STARTED = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from bihuan.domain.customers.rules.portions import Task, begin, following
from bihuan.engines.tables import look_at

path = Path(sys.argv[1])
with path.open("rb") as stream:
    layout = look_at(stream)
task = Task(path, layout, {"姓名": "name"}, done=1, size=1)
context = multiprocessing.get_context("spawn")
pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin, initargs=(task,))
[one] = pool.submit(following).result().arrivals
print(multiprocessing.active_children()[0].pid, one.line, flush=True)
time.sleep(60)
"""


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


def test_nobody_reads_on_for_an_import_that_was_killed(tmp_path):
    file = tmp_path / "客户.csv"
    file.write_text("姓名,电话\n张晓岚,\n梁文彬,\n赵敏芝,\n", "utf-8")
    command = [sys.executable, "-c", STARTED, str(file)]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as started:
        reader, line = map(int, started.stdout.readline().split())
        assert (line, runs(reader)) == (3, True)
        started.kill()

    until = time.monotonic() + 20
    while runs(reader) and time.monotonic() < until:
        time.sleep(0.05)
    assert not runs(reader)
