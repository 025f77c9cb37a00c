"""One new record against candidates: the same judgement as for whole tables, with its reasons."""

import pytest

from bihuan.engines.linkage import scoring
from bihuan.engines.linkage.comparisons import BLOCKS, Kind
from bihuan.engines.linkage.deciding import Decision
from bihuan.engines.linkage.records import read_record
from bihuan.engines.linkage.roles import Role

AMONG = 100_000
HOME = "浙江省杭州市西湖区文三路123号锦绣花园5号楼2单元301室"


def person(record, name, **known):
    typed = {Role.FULL_NAME: [name]} | {Role(role): [value] for role, value in known.items()}
    return read_record(typed, record)


def test_the_same_person_in_two_notations_is_merged():
    one = person("1", "张偉 先生", phone="+86 137-6243-5679", address=HOME)
    other = person("2", "张伟", phone="13762435679", address="杭州西湖区文三路123号5-2-301")

    found = scoring.judge(one, other, among=AMONG)

    assert found.decision is Decision.MERGE
    assert [part.said for part in found.evidence] == ["姓名相同", "电话相同", "住址到门户相同"]
    assert found.score == pytest.approx(sum(part.weight for part in found.evidence) - 16, abs=3)


def test_a_household_is_not_one_person_whatever_the_score():
    one = person("1", "张伟", phone="13762435679", address=HOME)
    other = person("2", "张小红", phone="13762435679", address=HOME)

    found = scoring.judge(one, other, among=AMONG)

    assert (found.decision, found.vetoed) == (Decision.APART, True)


def test_different_valid_ids_are_never_one_person():
    one = person("1", "张伟", phone="13762435679", id="510105198003051238")
    other = person("2", "张伟", phone="13762435679", id="510105198003051254")
    assert None not in (one.id_valid, other.id_valid)

    assert scoring.judge(one, other, among=AMONG).vetoed


def test_judging_is_the_same_from_both_sides():
    one = person("1", "欧阳娜", phone="13762435679", date_of_birth="1980-03-05", address=HOME)
    other = person("2", "欧阳那", phone="13762435697", date_of_birth="1980.3.5")

    there, back = scoring.judge(one, other, among=AMONG), scoring.judge(other, one, among=AMONG)

    assert (there.score, there.decision) == (back.score, back.decision)


def test_a_rare_name_says_more_than_a_common_one():
    one, other = person("1", "张伟"), person("2", "张伟")
    common = scoring.judge(one, other, among=AMONG, frequencies={"name": {"张伟": 0.002}})
    rare = scoring.judge(one, other, among=AMONG, frequencies={"name": {"张伟": 0.00001}})

    assert rare.score - common.score == pytest.approx(7.64, abs=0.05)


def test_matches_leave_out_who_is_somebody_else():
    new = person("new", "张伟", phone="13762435679", address=HOME)
    same = person("same", "张伟", phone="13762435679")
    other = person("other", "李娜", phone="13912365408")

    assert [one.record for one in scoring.matches(new, [other, same], among=AMONG)] == ["same"]


def test_candidates_are_found_by_keys_that_both_have():
    one = person("1", "张伟", phone="+86 137-6243-5679")
    other = person("2", "章伟", phone="13762435679")
    blocks = [tuple(block.split(",")) for block in BLOCKS[Kind.CHINESE_PERSON].split()]

    shared = set(scoring.block_keys(one, blocks)) & set(scoring.block_keys(other, blocks))

    assert ("phone", "13762435679") in shared
