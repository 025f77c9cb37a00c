"""`bihuan bench decisions` reports a rate and how near it is to the index alone, whatever the machine."""

import json

from click.testing import CliRunner

from bihuan.config.bench import decisions


def test_the_rate_and_its_limit_are_of_one_run():
    result = CliRunner().invoke(decisions.command, ["--turns", "1", "--size", "50", "--json"])

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["rate"] > 0
    assert found["limit"] > 0
    assert found["tables"].keys() == {"12_rows", "60_rows"}


def test_the_tables_decide_every_question():
    for table in decisions._tables().values():
        rows = {decisions.decisions.decide(table, one).row for one in decisions._asked(table)}
        assert len(rows) > 3
