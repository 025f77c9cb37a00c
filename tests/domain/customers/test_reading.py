"""What people type into the search."""

import pytest

from bihuan.domain.customers.queries.reading import Wanted, read_search


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("张 三", Wanted(name="张三")),
        ("13812342046", Wanted(phone="13812342046", account="13812342046")),
        ("138****2046", Wanted(masked=("138", "2046"))),
        ("0571****4321", Wanted(masked=("0571", "4321"))),
        ("１３８＊＊＊＊２０４６", Wanted(masked=("138", "2046"))),
        ("2046", Wanted(tail="2046")),
        ("342046", Wanted(tail="342046", account="342046")),
        ("3301-00023", Wanted(account="3301-00023")),
        ("yd0042", Wanted(name="yd0042", account="YD0042")),
        ("3号院物业", Wanted(name="3号院物业")),
    ],
)
def test_search_text_is_read_for_what_it_may_mean(typed, meant):
    assert read_search(typed) == meant
