"""`bihuan pack` as it is typed: last line JSON, exit status by outcome."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from bihuan.config.cli import pack as pack_command
from bihuan.domain.packs import actions, queries

MANIFEST = 'key = "{key}"\nversion = "1.0"\nname = {{ zh = "店" }}\nrequires = [{requires}]\n'


def make_pack(place: Path, *, requires: str = "", text: str = "hello: 您好\n") -> Path:
    folder = place / "texts" / "zh-hans"
    folder.mkdir(parents=True)
    (place / "pack.toml").write_text(MANIFEST.format(key=place.name, requires=requires))
    (folder / "a.yaml").write_text(text)
    return place


def run(*arguments: object) -> Result:
    words = [str(word) for word in arguments]
    return CliRunner().invoke(pack_command.command, words, standalone_mode=False)


def last(result: Result) -> dict[str, object]:
    return dict(json.loads(result.output.splitlines()[-1]))


@pytest.fixture(autouse=True)
def _database_is_there(monkeypatch):
    monkeypatch.setattr("bihuan.config.database.ensure", lambda: None)


def test_check_is_silent_about_a_right_pack(tmp_path):
    make_pack(tmp_path / "base")
    result = run("check", make_pack(tmp_path / "shop", requires='"base"'), "--json")

    assert result.return_value == 0
    assert last(result) == {"packs": 1, "problems": 0, "warnings": 0, "details": []}


def test_check_names_file_line_and_remedy(tmp_path):
    result = run("check", make_pack(tmp_path / "shop", text="hello: 您好\nhello: 欢迎\n"), "--json")

    assert result.return_value == 1
    assert last(result)["details"] == [
        {
            "pack": str(tmp_path / "shop"),
            "file": "texts/zh-hans/a.yaml",
            "line": 2,
            "message": "“hello”写了两次",
            "remedy": "请只保留一处",
            "is_warning": False,
        }
    ]


@pytest.mark.django_db
def test_install_brings_what_the_pack_stands_on(tmp_path):
    make_pack(tmp_path / "base")
    shop = make_pack(tmp_path / "shop", requires='"base"')

    first, again = run("install", shop, "--json"), run("install", shop, "--json")

    assert last(first)["packs"] == ["base 1.0", "shop 1.0"]
    assert last(first)["published"] == 2
    assert last(again) == {"packs": ["shop 1.0"], "published": 0, "retired": 0, "unchanged": 1}


@pytest.mark.django_db
def test_install_refuses_a_wrong_pack_whole(tmp_path):
    result = run("install", make_pack(tmp_path / "shop", text="hello: [1]\n"))

    assert isinstance(result.exception, actions.PackHasProblems)
    assert queries.installed_packs() == []


@pytest.mark.django_db
def test_an_exported_pack_installs_without_effect(tmp_path):
    run("install", make_pack(tmp_path / "shop"))
    run("export", "shop", tmp_path / "out" / "shop.zip")

    again = run("install", tmp_path / "out" / "shop.zip", "--json")

    assert last(again) == {"packs": ["shop 1.0"], "published": 0, "retired": 0, "unchanged": 1}
    listed = last(run("list", "--json"))["packs"]
    assert [(one["key"], one["definitions"]) for one in listed] == [("shop", {"text": 1})]


@pytest.mark.django_db(transaction=True)
def test_test_plays_scenarios_elsewhere_and_leaves_the_database_alone(tmp_path):
    shop = make_pack(tmp_path / "shop")
    (shop / "scenarios").mkdir()
    (shop / "scenarios" / "a.yaml").write_text(
        'scenario: 没有人受理\ngiven: {at: "2026-03-02 09:30", class: none}\n'
        "steps:\n  - {by: 店员, wait: 开门}\n"
    )
    before = connection.settings_dict["NAME"]
    queries.installed_packs()

    result = run("test", shop, "--json")

    failures = last(result)["failures"]
    assert result.return_value == 1
    assert [(one["line"], one["message"]) for one in failures] == [
        (1, "受理被拒绝：没有叫“店员”的岗位或人员。")
    ]
    assert connection.settings_dict["NAME"] == before
    assert queries.installed_packs() == []
