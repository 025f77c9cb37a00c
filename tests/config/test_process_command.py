"""`bihuan process insight` as it is typed."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bihuan.config.cli.process import command
from bihuan.kit.problems import Refused
from tests.engines.drawing import drawing, flows, unit

PLACES = [
    parent / "shared/data/helpdesk_log/helpdesk.xes.gz"
    for parent in Path(__file__).resolve().parents
]
HELPDESK = next((place for place in PLACES if place.exists()), PLACES[-1])
LOG = "单号,环节,时间\n1,受理,2026-03-02 09:00\n1,办理,2026-03-04 09:00\n2,受理,2026-03-02 09:00\n"


def run(*arguments: object) -> Result:
    words = ["insight", *(str(word) for word in arguments)]
    return CliRunner().invoke(command, words, standalone_mode=False)


def last(result: Result) -> dict[str, object]:
    return dict(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.skipif(not HELPDESK.exists(), reason="the helpdesk log is not in ../shared/data")
def test_the_helpdesk_log_has_its_known_figures():
    """SOURCE.txt of the log: 4,580 cases, 21,348 events, 226 variants; the first 51.7 %, 39.9 days."""
    result = run(HELPDESK, "--json")

    assert result.return_value == 0
    found = last(result)
    assert {key: found[key] for key in ("cases", "events", "variants", "median_days")} == {
        "cases": 4580,
        "events": 21348,
        "variants": 226,
        "median_days": 39.9,
    }
    assert round(float(str(found["top_share"])), 3) == 0.517


def test_rejected_lines_are_listed_and_the_exit_status_is_one(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text(LOG + "3,受理,昨天\n")
    result = run(file, "--json")

    assert result.return_value == 1
    assert result.stderr == "log.csv 第 5 行：时间“昨天”不是年在前的时刻\n"
    assert last(result)["cases"] == 2
    assert last(result)["rejected"] == 1


def test_a_log_is_compared_with_a_diagram(tmp_path):
    file, diagram = tmp_path / "log.csv.gz", tmp_path / "p.bpmn"
    file.write_bytes(gzip.compress(LOG.encode()))
    body = f'<startEvent id="s"/>{unit("a", "受理")}{unit("b", "办理")}<endEvent id="e"/>'
    diagram.write_bytes(drawing(body + flows("s>a", "a>b", "b>e")))
    result = run(file, "--against", diagram, "--json")

    assert last(result)["agreeing_cases"] == 1
    assert last(result)["fitness"] == pytest.approx(1 - 0.5 / 3, abs=1e-4)


def test_the_report_for_a_person_names_ways_and_where_time_goes(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text(LOG)
    said = run(file).output

    assert "50.0%  1 例，中位 2.0 天：受理 → 办理" in said
    assert "100.0%  受理 → 办理，1 次，中位 2.0 天" in said


@pytest.mark.parametrize("content", [b"<log><trace>", b"\x1f\x8bbroken", b"<!DOCTYPE log><log/>"])
def test_what_is_no_log_is_refused_with_one_sentence(tmp_path, content):
    file = tmp_path / "log.xes"
    file.write_bytes(content)
    result = run(file)

    assert isinstance(result.exception, Refused)
    assert str(result.exception.message).startswith("log.xes")
