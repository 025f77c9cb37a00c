"""What people typed, brought to one form: one line per way of typing."""

import pytest

from bihuan.engines.linkage import standard
from bihuan.engines.linkage.standard import Flaw


@pytest.mark.parametrize(
    ("typed", "value", "flaw"),
    [
        ("張 偉 先生", "张伟", None),
        ("欧阳娜娜", "欧阳娜娜", None),
        ("曾小红（本人）", "曾小红", None),
        ("阿不都．热合曼", "阿不都·热合曼", None),
        ("Smith, John", "john smith", None),
        ("Dr. José Müller", "jose muller", None),
        ("王女士", "", Flaw.INCOMPLETE),
        ("测试", "", Flaw.FAKE),
        ("李1明", "", Flaw.MALFORMED),
        ("", "", Flaw.MISSING),
        (None, "", Flaw.MISSING),
    ],
)
def test_names_of_people(typed, value, flaw):
    read = standard.read_person(typed)

    assert (read.value, read.flaw) == (value, flaw)
    assert bool(read.wrong) == bool(flaw)


def test_a_surname_is_read_by_its_own_sound():
    assert standard.read_person("曾小红").letters == "zeng xiao hong"
    assert standard.read_person("单田芳").letters == "shan tian fang"


@pytest.mark.parametrize(
    ("typed", "core", "region", "branch"),
    [
        ("杭州阿甲科技有限公司", "阿甲科技", "3301", ""),
        ("阿甲科技（杭州）有限责任公司", "阿甲科技", "3301", ""),
        ("浙江省杭州市阿甲科技", "阿甲科技", "3301", ""),
        ("中国工商银行股份有限公司杭州西湖支行", "中国工商银行", "", "杭州西湖支行"),
        ("北京银行股份有限公司", "北京银行", "", ""),
        ("I.B.M. Corp.", "ibm", "", ""),
        ("The Boeing Company", "boeing", "", ""),
    ],
)
def test_names_of_companies(typed, core, region, branch):
    read = standard.read_company(typed)

    assert (read.core, read.region, read.branch) == (core, region, branch)


@pytest.mark.parametrize(
    ("typed", "value", "flaw"),
    [
        ("+86 137-6243-5679", "13762435679", None),
        ("013762435679", "13762435679", None),
        ("１３７６２４３５６７９", "13762435679", None),
        ("17951 13762435679", "13762435679", None),
        ("0571-88246567转8012", "057188246567x8012", None),
        ("400-820-8820", "4008208820", None),
        ("+44 20 7946 0958", "+442079460958", None),
        ("13800138000", "", Flaw.FAKE),
        ("13888888888", "", Flaw.FAKE),
        ("13012345678", "", Flaw.FAKE),
        ("88246567", "", Flaw.INCOMPLETE),
        ("1376243567", "", Flaw.MALFORMED),
        ("没有电话", "", Flaw.MALFORMED),
    ],
)
def test_phone_numbers(typed, value, flaw):
    read = standard.read_phone(typed)

    assert (read.value, read.flaw) == (value, flaw)


def test_a_field_may_hold_several_numbers():
    read = standard.read_phones("13762435679/0571-88246567")

    assert [one.value for one in read] == ["13762435679", "057188246567"]


@pytest.mark.parametrize(
    ("typed", "value", "flaw"),
    [
        ("510105 19800305 123x", "", Flaw.CHECK_DIGIT),
        ("510105198003051238", "510105198003051238", None),
        ("510105800305123", "510105198003051238", None),
        ("510105198002301230", "", Flaw.MALFORMED),
        ("5101051980030512", "", Flaw.MALFORMED),
        ("111111111111111111", "", Flaw.FAKE),
    ],
)
def test_resident_ids(typed, value, flaw):
    read = standard.read_resident_id(typed)

    assert (read.value, read.flaw) == (value, flaw)


def test_a_resident_id_says_birth_and_sex():
    read = standard.read_resident_id("510105198003051238")

    assert (read.birth, read.sex, read.region) == ("1980-03-05", "M", "510105")


@pytest.mark.parametrize(
    ("typed", "value", "flaw"),
    [
        ("91110000600037341l", "91110000600037341L", None),
        ("911100006000373411", "", Flaw.CHECK_DIGIT),
        ("330100000012345", "", Flaw.INCOMPLETE),
        ("91110000I00037341L", "", Flaw.MALFORMED),
    ],
)
def test_credit_codes(typed, value, flaw):
    read = standard.read_credit_code(typed)

    assert (read.value, read.flaw) == (value, flaw)


@pytest.mark.parametrize(
    ("typed", "value", "flaw"),
    [
        ("Wang.Wei＠QQ。com", "wang.wei@qq.com", None),
        ("wang@qq.con", "", Flaw.MALFORMED),
        ("test@test.com", "", Flaw.FAKE),
        ("wang", "", Flaw.MALFORMED),
    ],
)
def test_mail_addresses(typed, value, flaw):
    read = standard.read_email(typed)

    assert (read.value, read.flaw) == (value, flaw)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1980年1月2日", "1980-01-02"),
        ("19800102", "1980-01-02"),
        ("1980/1/2", "1980-01-02"),
        ("02/01/1980", "1980-01-02"),
        ("1980-01-02 00:00:00", "1980-01-02"),
        ("19800230", ""),
        ("80年", ""),
    ],
)
def test_dates_of_birth(typed, value):
    assert standard.read_birth(typed).value == value


ADDRESSES = {
    "浙江省杭州市西湖区文三路１２３号锦绣花园5号楼2单元301室": (
        "330106",
        "文三路123",
        "文三路123#5-2-301",
    ),
    "杭州西湖区文三路123号锦绣花园5-2-301": ("330106", "文三路123", "文三路123#5-2-301"),
    "南京鼓楼区中山北路十二号": ("320106", "中山北路12", ""),
    "北京朝阳路12号": ("1101", "朝阳路12", ""),
    "上海市上海市徐汇区漕溪北路18弄5号1203": (
        "310104",
        "漕溪北路18弄5",
        "漕溪北路18弄5#1203",
    ),
    "湖北省恩施市施州大道8号": ("422801", "施州大道8", ""),
    "东莞市南城街道鸿福路1号": ("4419", "鸿福路1", ""),
    "鼓楼区中山路12号": ("", "中山路12", ""),
}


@pytest.mark.parametrize("typed", ADDRESSES)
def test_addresses(typed):
    read = standard.read_address(typed)

    assert (read.code, read.road_key, read.door_key) == ADDRESSES[typed]


def test_a_district_of_several_cities_is_not_guessed():
    read = standard.read_address("鼓楼区中山路12号")

    assert (read.district, read.flaw) == ("", Flaw.AMBIGUOUS)
    assert read.wrong == "全国有 4 个同名区县，请写明城市"


def test_a_mark_that_stood_apart_is_read_the_same_again():
    once = standard.read_address("浙江省Smith,¸").value

    assert standard.read_address(once).value == once
