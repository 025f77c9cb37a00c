"""The reference names everything a pack may hold."""

from pathlib import Path

import pytest

from bihuan.domain.packs.ports import FOLDERS
from bihuan.engines.packs.scenario import EXPECTATIONS, VERBS
from bihuan.engines.packs.source import SUFFIXES

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "pack-format.md"


@pytest.mark.parametrize("word", [*FOLDERS, *VERBS, *EXPECTATIONS, *SUFFIXES])
def test_the_reference_names(word):
    assert word in REFERENCE.read_text()
