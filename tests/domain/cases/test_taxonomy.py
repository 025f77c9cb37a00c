"""The taxonomy folder of a pack: read, checked, inherited, brought into the table."""

import textwrap

import pytest

from bihuan.domain.cases import queries
from bihuan.domain.cases.actions import taxonomy
from bihuan.domain.cases.models import CaseClass
from bihuan.domain.cases.pack_parts import TaxonomyPart
from bihuan.engines.packs.source import PackFile, PackSource, read_pack
from tests.domain.cases import given

MANIFEST = b'key = "demo"\nversion = "1.0"\nname = { zh = "x" }\n'
GOOD = """
    title: 分类
    classes:
      - code: complaint
        name: 投诉
        request_type: COMPLAINT
        process: handling
        limit: 3wd
        children:
          - code: service
            name: 服务
            grade: MAJOR
            children:
              - {code: attitude, name: 态度, limit: 4h}
"""


def pack(text: str) -> tuple[PackFile, PackSource]:
    files = {
        "pack.toml": MANIFEST,
        "taxonomy/main.yaml": textwrap.dedent(text).encode(),
        "processes/handling.bpmn": b"<x/>",
    }
    source = read_pack(files)
    return next(source.folder("taxonomy")), source


def test_a_class_takes_from_its_parent_what_it_leaves_out():
    part = TaxonomyPart()

    assert part.check(*pack(GOOD)) == []
    compiled = part.compile(*pack(GOOD))

    last = compiled["classes"][2]
    assert (last["code"], last["parent"], last["level"]) == (
        "complaint.service.attitude",
        "complaint.service",
        3,
    )
    assert (last["process"], last["grade"], last["limit"]) == ("demo.handling", "MAJOR", "4h")


@pytest.mark.parametrize(
    ("wrong", "right", "line", "remedy"),
    [
        ("process: handling", "process: handlin", 7, "是否想写“handling”"),
        ("request_type: COMPLAINT", "request_type: COMPLAIN", 6, "是否想写“COMPLAINT”"),
        ("limit: 4h", "limit: four", 14, "请写成例如 30m、2h、1wd、1wd4h 或 P7D"),
        ("code: service", "code: 服务", 10, None),
        ("limit: 3wd", "limits: 3wd", 8, "是否想写“limit”"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_write(wrong, right, line, remedy):
    problems = TaxonomyPart().check(*pack(GOOD.replace(wrong, right)))

    assert line in [problem.line for problem in problems]
    assert remedy is None or remedy in [problem.remedy for problem in problems]


def test_a_fourth_level_is_refused():
    deeper = GOOD.replace(
        "- {code: attitude, name: 态度, limit: 4h}",
        "- {code: attitude, name: 态度, children: [{code: a, name: 甲}]}",
    )

    assert "分类最多三级" in [p.message for p in TaxonomyPart().check(*pack(deeper))]


@pytest.mark.django_db
def test_putting_classes_again_changes_nothing_and_dropped_ones_are_no_longer_offered():
    given.classes()
    before = list(CaseClass.objects.order_by("id").values())
    given.classes()
    assert list(CaseClass.objects.order_by("id").values()) == before

    taxonomy.put_classes(pack="demo", origin="demo.main", classes=given.CLASSES)

    assert [one.code for one in queries.classes("demo")] == ["complaint", "unclassified"]
    assert queries.class_named("demo", "complaint.service").name == "服务态度"


@pytest.mark.django_db
def test_names_an_import_brings_along_become_classes_once():
    given.classes()
    paths = [("城乡建设", "安全生产"), ("城乡建设",), ("投诉",)]

    made = taxonomy.ensure_imported_classes(pack="demo", paths=paths)
    again = taxonomy.ensure_imported_classes(pack="demo", paths=paths)

    assert made == again
    assert made["投诉"] == "complaint"
    deep = queries.class_named("demo", made["城乡建设/安全生产"])
    assert (deep.level, deep.parent.name, deep.process_key) == (2, "城乡建设", "demo.handling")
