"""Reading a whole pack from bytes."""

import pytest

from bihuan.engines.packs.manifest import Requirement
from bihuan.engines.packs.problem import PackUnreadable
from bihuan.engines.packs.source import MOST_BYTES, read_pack

MANIFEST = b'key = "hotline"\nversion = "1.2"\nname = { zh = "\xe7\x83\xad\xe7\xba\xbf" }\n'


def problems(files: dict[str, bytes]) -> list[tuple[str, int, str]]:
    with pytest.raises(PackUnreadable) as refused:
        read_pack(files)
    return [(p.file, p.line, p.message) for p in refused.value.problems]


def test_a_pack_knows_its_files_by_folder_and_key():
    files = {"forms/accept.yaml": b"code: accept\n", "texts/zh-hans/ui.yaml": b"a: b\n"}
    pack = read_pack({"pack.toml": MANIFEST, "README.md": b"#", **files})

    assert [file.path for file in pack.files] == ["forms/accept.yaml", "texts/zh-hans/ui.yaml"]
    assert [pack.definition_key(file) for file in pack.files] == [
        "hotline.accept",
        "hotline.zh-hans.ui",
    ]


def test_a_pack_knows_what_its_required_packs_define():
    base = read_pack({"pack.toml": MANIFEST.replace(b"hotline", b"base"), "forms/a.yaml": b"x: 1"})
    pack = read_pack({"pack.toml": MANIFEST, "forms/b.yaml": b"x: 1"}).standing_on((base,))

    assert [key for key, _file in pack.known("forms")] == ["hotline.b", "base.a"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ("pack.toml", 1, "缺少 pack.toml")),
        ({"pack.toml": b'key = "x"\nversion 1'}, ("pack.toml", 2, "这一行不符合 TOML 写法")),
        ({"pack.toml": b"x = " + b"[" * 99999}, ("pack.toml", 1, "这一行不符合 TOML 写法")),
        (
            {"pack.toml": MANIFEST.replace(b"1.2", b"new")},
            ("pack.toml", 2, "“version”写得不对"),
        ),
        ({"pack.toml": MANIFEST + b"colour = 1"}, ("pack.toml", 4, "不认识“colour”")),
        (
            {"pack.toml": MANIFEST + b'requires = ["base > 1"]'},
            ("pack.toml", 4, "“requires”写得不对"),
        ),
        (
            {"pack.toml": MANIFEST, "forms/a.yaml": b"a: 1\nb: \xff"},
            ("forms/a.yaml", 2, "这一行不是 UTF-8 文字"),
        ),
        ({"pack.toml": MANIFEST, "forms/a.exe": b""}, ("forms/a.exe", 1, "不认识这种文件")),
        ({"pack.toml": MANIFEST, "../a.yaml": b""}, ("../a.yaml", 1, "文件路径指向包外")),
        (
            {"pack.toml": MANIFEST, "forms/a.yaml": b" " * (MOST_BYTES + 1)},
            ("forms/a.yaml", 1, "文件超过 4 MB"),
        ),
    ],
)
def test_an_unreadable_pack_names_file_and_line(files, expected):
    assert problems(files) == [expected]


def test_all_unreadable_files_are_reported_at_once():
    files = {"pack.toml": MANIFEST, "forms/a.yaml": b"a: 1\na: 2", "forms/b.yaml": b"\tx"}

    assert [p[0] for p in problems(files)] == ["forms/a.yaml", "forms/b.yaml"]


@pytest.mark.parametrize(
    ("least", "version", "met"),
    [("", "0.1", True), ("1.2", "1.2.0", True), ("1.10", "1.9", False), ("2", "2.0.1", True)],
)
def test_a_requirement_compares_versions_as_numbers(least, version, met):
    assert Requirement("base", least).met_by(version) is met
