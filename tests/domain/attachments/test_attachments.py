"""Files are taken in whole or not at all, known by their content, and kept once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bihuan.domain.attachments import queries, rules
from bihuan.domain.attachments.actions import (
    FileEmpty,
    FileKindRefused,
    FileTooLarge,
    add_attachment,
)
from bihuan.domain.attachments.models import Attachment
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.models import Fact

AT = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
KIM = Actor("staff:7")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0" + b"\x01" * 64


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path


def upload(content: bytes, name: str = "现场.png", use: str = "file") -> Upload:
    pieces = [content[:10], content[10:]]
    return Upload("case:1", "unit:5", "photos", use, name, pieces)


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "files").rglob("*") if path.is_file())


@pytest.mark.django_db
class TestKeeping:
    def test_a_file_is_kept_by_its_sum_with_a_fact(self, home):
        row = add_attachment(upload(PNG), by=KIM, at=AT)

        assert queries.content(row).read_bytes() == PNG
        assert kept(home) == [row.sha256]
        assert (row.name, row.media_type, row.size, row.added_by) == (
            "现场.png",
            "image/png",
            len(PNG),
            "staff:7",
        )
        fact = Fact.objects.get(name="attachment.added")
        assert (fact.root, fact.subject, fact.actor) == ("case:1", "unit:5", "staff:7")
        assert fact.data["sha256"] == row.sha256

    def test_the_same_bytes_are_kept_once(self, home):
        one, two = (add_attachment(upload(PNG), by=KIM, at=AT) for _ in range(2))

        assert one.id != two.id
        assert kept(home) == [one.sha256]

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            (upload(b""), FileEmpty),
            (upload(b"<html><script>1</script>", "a.png"), FileKindRefused),
            (upload(b"<svg xmlns='x'/>", "a.txt"), FileKindRefused),
            (upload(b"MZ\x90\x00" * 20, "a.txt"), FileKindRefused),
            (upload(b"PK\x03\x04 anything", "a.docx"), FileKindRefused),
            (upload(b"%PDF-1.7 x", use="photo"), FileKindRefused),
            (upload(JPEG, use="signature"), FileKindRefused),
        ],
    )
    def test_what_is_refused_leaves_nothing(self, home, given, refusal):
        with pytest.raises(refusal):
            add_attachment(given, by=KIM, at=AT)

        assert kept(home) == []
        assert not Attachment.objects.exists()
        assert not Fact.objects.filter(name="attachment.added").exists()

    def test_a_file_that_is_too_large_is_refused_before_it_is_all_read(self, home):
        def pieces():
            yield PNG
            for _ in range(100):
                yield b"\x00" * 1024 * 1024
            pytest.fail("read to its end")

        given = Upload("case:1", "unit:5", "photos", "photo", "a.png", pieces())
        with pytest.raises(FileTooLarge):
            add_attachment(given, by=KIM, at=AT)
        assert kept(home) == []

    def test_bytes_that_are_gone_are_missing(self, home):
        row = add_attachment(upload(PNG), by=KIM, at=AT)
        queries.path_of(row.sha256).unlink()
        with pytest.raises(queries.AttachmentMissing):
            queries.content(row)

    def test_files_of_another_case_are_not_ones_own(self, home):
        row = add_attachment(upload(PNG), by=KIM, at=AT)

        assert queries.are_of("case:1", [row.id])
        assert not queries.are_of("case:2", [row.id])
        assert not queries.are_of("case:1", [row.id, row.id + 1])


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (JPEG, "x.exe", "image/jpeg"),
        (b"\x00\x00\x00\x18ftypheic", "x", "image/heic"),
        (b"\x00\x00\x00\x18ftypisom", "x.mp4", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "x", "image/webp"),
        (b"%PDF-1.4", "x", "application/pdf"),
        ("温度，26 度\n".encode("gb18030"), "a.csv", "text/csv"),
        ("温度".encode(), "a.txt", "text/plain"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head, name, media_type):
    kind = rules.kind_of(head, name)
    assert kind is not None
    assert kind.media_type == media_type


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\fakepath\\照片.JPG", "照片.png"),
        ('a"b\r\nSet-Cookie: x.png', "a_b_Set-Cookie_ x.png"),
        ("", "附件.png"),
        (".htaccess", "htaccess.png"),
        ("x" * 500, "x" * 120 + ".png"),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert rules.safe_name(name, rules.Kind("image/png", ".png")) == safe


@given(st.text())
def test_no_name_leaves_its_folder_or_its_header(name):
    safe = rules.safe_name(name, rules.Kind("image/png", ".png"))
    assert safe.endswith(".png")
    assert not set(safe) & set('/\\"\r\n\x00')
    assert 4 < len(safe) <= rules.MOST_NAME + 4


@given(st.binary(max_size=64), st.sampled_from(["a.txt", "a.csv", "a.html", "a.svg", "a.js", "a"]))
def test_markup_is_never_taken(rest, name):
    assert rules.kind_of(b"<script>" + rest, name) is None
