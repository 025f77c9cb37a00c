"""Installing is all or nothing, repeatable, and leaves old versions readable."""

from dataclasses import replace

import pytest

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.packs import actions, queries
from bihuan.domain.packs.choices import Status
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.engines.packs.source import PackSource, read_pack
from tests.domain.packs.given import AT, LEE, pack

pytestmark = pytest.mark.django_db


def install(source: PackSource) -> actions.Installation:
    return actions.install_pack(source, by=LEE, at=AT)


def facts(key: str = "shop") -> list[str]:
    return [fact.name for fact in ledger.facts_of(f"pack:{key}").rows][::-1]


def test_a_pack_comes_into_force():
    done = install(pack(greeting="hello: 您好\nbye: {day: 再见}"))

    assert done.published == ["text shop.zh-hans.greeting"]
    assert queries.text("hello") == "您好"
    assert queries.text("bye.day") == "再见"
    assert facts() == ["definition.published", "pack.installed"]


def test_the_same_pack_again_changes_nothing():
    install(pack(greeting="hello: 您好"))
    before = list(Definition.objects.values_list("id", "status", "version"))

    done = install(pack(greeting="hello: 您好"))

    assert not done.changed
    assert done.unchanged == 1
    assert list(Definition.objects.values_list("id", "status", "version")) == before
    assert facts() == ["definition.published", "pack.installed"]


def test_a_changed_file_becomes_a_new_version_and_the_old_one_stays_readable():
    install(pack(greeting="hello: 您好", parting="bye: 再见"))
    old = queries.published("text", "shop.zh-hans.greeting")

    done = install(pack(greeting="hello: 欢迎", parting="bye: 再见"))

    assert done.published == ["text shop.zh-hans.greeting"]
    assert queries.published("text", "shop.zh-hans.greeting").version == 2
    assert queries.text("hello") == "欢迎"
    assert queries.definition(old.pk).compiled["texts"] == {"hello": "您好"}
    assert Definition.objects.get(pk=old.pk).status == Status.RETIRED


def test_a_file_that_is_gone_is_retired():
    install(pack(greeting="hello: 您好", parting="bye: 再见"))

    done = install(pack(greeting="hello: 您好"))

    assert done.retired == ["text shop.zh-hans.parting"]
    assert queries.text("bye") == "bye"
    with pytest.raises(queries.DefinitionMissing):
        queries.published("text", "shop.zh-hans.parting")


def test_one_wrong_file_keeps_the_whole_pack_out():
    with pytest.raises(actions.PackHasProblems) as refused:
        install(pack(greeting="hello: 您好", parting="bye: [1]"))

    assert [str(problem) for problem in refused.value.problems] == [
        "texts/zh-hans/parting.yaml:1: 这里应是一段文字。请写成 键: 文字，需要时加引号。"
    ]
    assert not Definition.objects.exists()
    assert not InstalledPack.objects.exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("form/a.yaml", "form/a.yaml:1: 不认识文件夹“form”"),
        ("texts/a.csv", "texts/a.csv:1: “texts”里不能放 .csv 文件"),
        ("texts/zh-hans/Á b.yaml", "texts/zh-hans/Á b.yaml:1: 文件名“zh-hans.Á b”不能作编码"),
        ("texts/klingon/a.yaml", "texts/klingon/a.yaml:1: 不认识语言“klingon”"),
    ],
)
def test_a_misplaced_file_is_named(path, message):
    source = pack()
    source = replace(
        source, files=read_pack({"pack.toml": source.manifest.text.encode(), path: b"a: b"}).files
    )

    assert [str(p).split("。")[0] for p in actions.check_pack(source)] == [message]


def test_two_files_of_one_name_are_refused():
    source = pack()
    files = {"texts/zh-hans/a.yaml": b"a: b", "texts/zh-hans.a.yaml": b"a: b"}
    manifest = {"pack.toml": source.manifest.text.encode()}
    source = replace(source, files=read_pack({**manifest, **files}).files)

    assert [str(problem) for problem in actions.check_pack(source)] == [
        "texts/zh-hans/a.yaml:1: 与 texts/zh-hans.a.yaml 同名。请给其中一个文件换一个名字。"
    ]


def test_a_missing_pack_is_named_at_its_line():
    source = pack(requires='"base"', greeting="a: b")

    assert [str(problem) for problem in actions.check_pack(source)] == [
        "pack.toml:4: 依赖的行业包“base”没有安装。请先安装它，或把它的文件夹放在这个包旁边。"
    ]


def test_a_pack_may_stand_on_an_installed_one():
    install(pack("base", greeting="hello: 您好"))

    install(pack("shop", requires='"base"', parting="bye: 再见"))

    assert [one.key for one in queries.installed_packs()] == ["base", "shop"]


def test_a_pack_that_is_too_old_is_refused():
    install(pack("base", greeting="hello: 您好"))

    problems = actions.check_pack(pack(requires='"base >= 2"'))

    assert problems[0].message == "依赖“base >= 2”，而现有版本是 1.0"


def test_a_circle_is_refused():
    beside = {"aa": pack("aa", requires='"bb"'), "bb": pack("bb", requires='"aa"')}

    problems = actions.check_pack(beside["aa"], beside=beside)

    assert problems[0].message == "依赖成环：aa → bb → aa"


def test_an_exported_pack_installs_to_the_same():
    install(pack(greeting="hello: 您好", parting="bye: 再见"))

    again = install(read_pack(queries.export_pack("shop")))

    assert not again.changed
    assert again.unchanged == 2
