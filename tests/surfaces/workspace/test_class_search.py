"""A class is found by a part of its name, its sound or its initials."""

import pytest

from bihuan.domain.cases.queries import ClassNode
from bihuan.surfaces.workspace.sheets.class_search import find_classes, levels_of

NODES = [
    ClassNode(1, "fault", "故障报修", 1, "", "FAULT", "ROUTINE", ""),
    ClassNode(2, "fault.low", "低压故障", 2, "fault", "FAULT", "ROUTINE", ""),
    ClassNode(3, "fault.low.single", "单户停电", 3, "fault.low", "FAULT", "ROUTINE", "PT24H"),
    ClassNode(4, "fault.low.building", "整楼停电", 3, "fault.low", "FAULT", "ROUTINE", "PT24H"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("单户", ["单户停电"]),
        ("dhtd", ["单户停电"]),
        ("zhenglou", ["整楼停电"]),
        ("停电", ["单户停电", "整楼停电"]),
        ("TD", ["单户停电", "整楼停电"]),
        ("guzhang", ["故障报修", "低压故障"]),
        ("没有", []),
        (" ", []),
    ],
)
def test_classes_are_found_by_name_and_sound(text, names):
    assert [hit.name for hit in find_classes(NODES, text)] == names


def test_a_hit_says_where_it_lies_and_what_chooses_it():
    [hit] = find_classes(NODES, "单户")
    assert hit.path == "故障报修 › 低压故障 › 单户停电"
    assert hit.levels == {
        "class_1": "fault",
        "class_2": "fault.low",
        "class_3": "fault.low.single",
    }
    assert levels_of("fault") == {"class_1": "fault", "class_2": "", "class_3": ""}
