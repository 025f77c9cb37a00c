"""What makes two requests the same matter, and which matters are hot."""

from types import MappingProxyType

from bihuan.engines.duplicates import (
    LIKELY,
    Rarity,
    Reader,
    Request,
    fingerprint,
    gram_of,
    grams,
    searched_by,
    topics,
)

KNOWN = Rarity(
    MappingProxyType({gram_of("小区"): 0.3, gram_of("投诉"): 0.4, gram_of("问题"): 0.2}),
    0.01,
    10_000,
)
NOISE = Request("投诉丽发新城小区附近搅拌站噪音扰民", "搅拌站日夜施工，灰尘和噪音很大，无法休息。")
AGAIN = Request(
    "丽发新城旁边的搅拌站太吵", "暮云街道丽发新城附近建了搅拌站，每天轰隆隆的噪音。", days=5
)
WATER = Request("丽发新城物业强行断业主家水", "富绿物业因为物业费停了我家的水。", days=5)


def score(one: Request, other: Request, rarity: Rarity = KNOWN) -> float:
    return Reader(one, rarity).evidence(Reader(other, rarity)).score()


def test_the_same_matter_in_other_words_is_likely_the_same() -> None:
    assert score(NOISE, AGAIN) > 0.75


def test_another_matter_at_the_same_place_scores_below() -> None:
    assert score(NOISE, WATER) < score(NOISE, AGAIN)


def test_what_everybody_says_makes_nothing_alike() -> None:
    one, other = Request("投诉小区问题"), Request("小区问题投诉")
    assert score(one, other) < score(Request("滨河苑车位"), Request("车位滨河苑"))
    assert score(Request("咨询电费"), Request("路灯不亮")) < LIKELY


def test_how_many_texts_are_known_hardly_moves_a_score() -> None:
    """With weights that grew with the texts, the same pair fell below the bar among a million cases."""
    of_many = [Rarity(KNOWN.shares, KNOWN.floor, texts) for texts in (500, 10_000, 1_000_000)]
    scores = [score(NOISE, AGAIN, known) for known in (*of_many, Rarity())]
    assert max(scores) - min(scores) < 0.1


def test_comparing_is_the_same_both_ways() -> None:
    assert score(NOISE, AGAIN) == score(AGAIN, NOISE)


def test_account_address_and_class_count_and_time_fades() -> None:
    plain = Request("家里没电了", days=0)
    again = Request("又没电", days=3)
    base = score(plain, again)
    account = score(Request("家里没电了", account="88"), Request("又没电", account="88", days=3))
    address = score(
        Request("家里没电了", address="柳荫巷17号"), Request("又没电", address="柳荫巷17号", days=3)
    )
    later = score(plain, Request("又没电", days=90))
    assert later < base < min(account, address)


def test_empty_texts_are_compared_without_fuss() -> None:
    assert score(Request(""), Request("")) < LIKELY
    assert grams("，。！") == []


def test_a_fingerprint_keeps_the_title_and_the_rarest_of_the_text() -> None:
    found = fingerprint("路灯不亮", "小区投诉柳荫巷" + "甲乙丙丁戊己庚辛" * 60, KNOWN)
    assert found[:3] == grams("路灯不亮")
    assert gram_of("柳荫") in found
    assert len(found) <= 72


def test_a_search_uses_the_rarest_pairs_and_stays_within_its_budget() -> None:
    whole = grams("投诉小区问题柳荫巷台区")
    chosen = searched_by(whole, KNOWN, most=500)
    assert gram_of("投诉") not in chosen
    assert sum(KNOWN.share(gram) for gram in chosen) * KNOWN.texts <= 500
    assert len(searched_by(grams("投诉小区问题"), KNOWN, most=50)) == 1
    assert searched_by(grams("投诉小区问题"), KNOWN, most=1) == []


def test_hot_topics_are_groups_without_chains() -> None:
    noise = [
        Request(f"投诉丽发新城小区附近搅拌站噪音扰民{end}", days=nth)
        for nth, end in enumerate(("", "！", "，求处理", "的问题"))
    ]
    parking = [
        Request(f"伊景园滨河苑{word}捆绑销售车位", days=nth)
        for nth, word in enumerate(("开发商", "强制", "违法"))
    ]
    alone = [Request("咨询公积金提取手续"), Request("希望地铁延伸到北站")]

    found = topics([*parking, *alone, *noise], KNOWN)

    assert [sorted(topic.members) for topic in found] == [[5, 6, 7, 8], [0, 1, 2]]
    assert found[0].leader in {5, 6, 7, 8}
