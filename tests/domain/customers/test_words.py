"""Words that name somebody, taken out of texts."""

import pytest

from bihuan.domain.customers.rules.words import hide


@pytest.mark.parametrize(
    ("words", "text", "left"),
    [
        (
            {"Li", "12"},
            "client Li, flat 12, 2012, staff:12x, li来电",
            "client ***, flat ***, 2012, staff:12x, ***来电",
        ),
        ({"13812342046"}, "8613812342046，138-1234 2046", "86***，***"),
        ({"张三"}, "张三丰说张三", "***丰说***"),
    ],
)
def test_a_short_word_of_letters_is_hidden_only_where_it_stands_alone(words, text, left):
    assert hide(frozenset(words), text) == left
