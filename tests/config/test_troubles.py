"""What stops a command is told in one sentence with exit status 2; only a mistake of the program shows its traces."""

from pathlib import Path

import psycopg
import pytest
from django.db import connection

from bihuan.config import cli, troubles
from bihuan.kit import db
from bihuan.kit.problems import Invalid


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [lambda: connection.cursor().execute("select * from no_such"),
                                 lambda: db.rows("select no_such from ledger_fact", ())])  # fmt: skip
def test_a_database_without_its_tables_is_to_be_migrated(ask, capsys, monkeypatch):
    monkeypatch.setattr(cli.bihuan, "main", lambda **_options: ask())

    assert cli._run() == 2
    assert capsys.readouterr().err == f"{troubles.NOT_PREPARED}\n"


def test_a_database_that_goes_away_is_told():
    assert troubles.sentence(psycopg.OperationalError("closed")) == f"{troubles.AWAY}\n  closed"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(OSError) as raised:  # noqa: PT011 -- any of them
        (tmp_path / "nowhere" / "x").write_text("x")

    said = troubles.sentence(raised.value)

    assert said == f"不能使用 {tmp_path}/nowhere/x（No such file or directory）。"


def test_a_refusal_names_its_fields():
    wrong = Invalid("有内容需要改正。", fields={"since": "请填写时间"})

    assert troubles.sentence(wrong) == "有内容需要改正。\n  since: 请填写时间"


def test_a_mistake_of_the_program_is_not_hidden(monkeypatch):
    def mistaken(**_options: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(cli.bihuan, "main", mistaken)

    with pytest.raises(KeyError):
        cli._run()
