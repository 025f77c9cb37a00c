"""A port that somebody else listens on."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_is_taken_is_refused_before_anything_starts(tmp_path, command):
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"BIHUAN_HOME": str(tmp_path / "home"), "PYTHONPATH": str(SOURCE)}
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = subprocess.run(
            [sys.executable, "-m", "bihuan.config", command],
            env=environment | {"BIHUAN_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 2, refused.stderr
    (sentence,) = refused.stderr.splitlines()
    assert f"127.0.0.1:{port}" in sentence
    assert sentence.endswith("请用 --port 或 BIHUAN_PORT 换一个端口。")
    assert refused.stdout == ""
    assert not (tmp_path / "home" / "pg").exists()
