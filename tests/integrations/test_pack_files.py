"""Packs on disk: folder and zip are the same pack."""

import zipfile
from datetime import UTC, datetime

import pytest

from bihuan.integrations import pack_files

AT = datetime(2026, 3, 2, tzinfo=UTC)
FILES = {
    "pack.toml": 'key = "shop"\nversion = "1.0"\nname = { zh = "店" }\n'.encode(),
    "texts/zh-hans/a.yaml": b"hello: x\n",
}


@pytest.mark.parametrize("name", ["shop", "shop.zip"])
def test_a_pack_is_read_back_as_it_was_written(tmp_path, name):
    pack_files.write(FILES, tmp_path / name, at=AT)

    assert pack_files.files_in(tmp_path / name) == FILES


def test_a_zip_of_the_folder_itself_will_do(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path, content in FILES.items():
            archive.writestr(f"shop-1.0/{path}", content)

    assert pack_files.files_in(tmp_path / "a.zip") == FILES


def test_hidden_files_are_left_out(tmp_path):
    pack_files.write({**FILES, ".git/config": b"x"}, tmp_path / "shop", at=AT)

    assert pack_files.files_in(tmp_path / "shop") == FILES


def test_nothing_is_overwritten(tmp_path):
    pack_files.write(FILES, tmp_path / "shop", at=AT)

    with pytest.raises(pack_files.PlaceTaken):
        pack_files.write(FILES, tmp_path / "shop", at=AT)


def test_a_file_that_is_no_pack_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("x")

    with pytest.raises(pack_files.NotAPack):
        pack_files.read(tmp_path / "a.txt")


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.yaml", b" " * (pack_files.MOST_UNPACKED + 1))

    with pytest.raises(pack_files.NotAPack):
        pack_files.files_in(tmp_path / "a.zip")


def test_packs_beside_are_found(tmp_path):
    pack_files.write(FILES, tmp_path / "shop", at=AT)
    other = {"pack.toml": FILES["pack.toml"].replace(b"shop", b"base")}
    pack_files.write(other, tmp_path / "base", at=AT)

    assert list(pack_files.read_beside(tmp_path / "shop")) == ["base"]
