"""Laws of every reader: any text is read without an error, and what was read once is read the same again."""

import pytest
from hypothesis import given, strategies as st

from bihuan.engines.linkage import standard
from bihuan.engines.linkage.standard import text

READERS = {
    "person": standard.read_person,
    "company": standard.read_company,
    "phone": standard.read_phone,
    "resident": standard.read_resident_id,
    "credit code": standard.read_credit_code,
    "email": standard.read_email,
    "birth": standard.read_birth,
    "address": standard.read_address,
}
# What clerks type: pieces that the readers know, between anything at all.
PIECES = st.sampled_from(
    [
        "浙江省",
        "杭州",
        "杭州市",
        "西湖区",
        "鼓楼区",
        "北京",
        "北京市",
        "朝阳",
        "文三路",
        "12号",
        "5栋",
        "3单元",
        "301室",
        "镇",
        "张",
        "偉",
        "先生",
        "欧阳",
        "·",
        "科技",
        "有限公司",
        "(上海)",
        "分公司",
        "支行",
        "138",
        "0571-",
        "88246567",
        "转",
        "12",
        "+86",
        "X",
        "x",
        "@",
        "qq.com",
        "。",
        "1980",
        "-",
        "年",
        "01",
        "月",
        "２",
        "Smith,",
        "Ltd.",
        "the",
        "é",
        "十二",
        "ŉ",
        "㎏",
        "ｶﾞ",
    ]
)
TYPED = st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join)


@pytest.mark.parametrize("name", READERS)
@given(typed=TYPED)
def test_reading_what_was_read_changes_nothing(name, typed):
    once = READERS[name](typed)

    assert READERS[name](once.value).value == once.value


@pytest.mark.parametrize("name", READERS)
@given(typed=TYPED)
def test_nothing_usable_is_always_explained(name, typed):
    read = READERS[name](typed)

    assert bool(read.flaw) == bool(read.wrong)
    assert read.value or read.flaw


@given(typed=st.text(max_size=20))
def test_one_way_of_writing_is_reached_at_once(typed):
    assert text.plain(text.plain(typed)) == text.plain(typed)
    assert text.tight(text.tight(typed)) == text.tight(typed)
    assert text.latin(text.latin(typed)) == text.latin(typed)
