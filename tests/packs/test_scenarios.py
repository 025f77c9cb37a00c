"""Every scenario of every pack, played against the real engine."""

from datetime import UTC, datetime

import pytest

from bihuan.engines.packs.scenario import read_scenario
from bihuan.integrations import scenarios
from tests.packs import shipped, standing

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SCENARIOS = [
    pytest.param(key, file, id=f"{key}-{file.stem}")
    for key in (*shipped.KEYS, "signoff")
    for file in shipped.pack(key).folder("scenarios")
]


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "file"), SCENARIOS)
def test_it_goes_as_written(key, file):
    standing.install("base", key, at=LONG_AGO, logins=True)

    failures = scenarios.play(read_scenario(file), pack=key)

    assert [str(failure) for failure in failures] == []
