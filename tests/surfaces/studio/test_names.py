"""What the designer may choose from, by the words people know."""

import pytest

from bihuan.surfaces.studio.names import names_of
from tests.packs import shipped


@pytest.mark.django_db
def test_charges_are_chosen_from_the_price_lists():
    source = shipped.pack("hotline")
    beside = tuple(shipped.pack(need.key) for need in source.manifest.requires)

    assert names_of(source.standing_on(beside))["charges"] == [("onsite_fee", "上门服务费")]
