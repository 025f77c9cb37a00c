"""What is learnt from labelled texts: suggestions with a confidence, kept in a file that runs nothing."""

import io
from itertools import cycle, islice

import numpy as np
import pytest

from bihuan.engines.classification import (
    Model,
    NotAModel,
    TooFewLabels,
    evaluate,
    train,
)

SAID = {
    "停电": ["小区停电了", "半夜没有电", "台区跳闸停电", "电压低空调带不动", "家里突然断电"],
    "电费": ["电费太高了", "账单看不懂", "交了费没到账", "电费账单重复扣款", "退费还没到"],
    "态度": ["营业员态度差", "窗口人员推诿", "电话里骂人", "服务态度恶劣", "工作人员不理人"],
}


def corpus(times: int = 4) -> tuple[list[tuple[str, str]], list[str]]:
    texts: list[tuple[str, str]] = []
    labels: list[str] = []
    places = cycle(["东城", "西区", "南街", "北院", "中山路", "和平里", "幸福村"])
    for label, said in SAID.items():
        for nth, sentence in enumerate(said * times):
            place = next(islice(places, 1))
            texts.append((sentence, f"{place}{nth}号住户反映：{sentence}，请尽快处理。"))
            labels.append(label)
    return texts, labels


def test_an_unseen_text_gets_the_class_of_its_like() -> None:
    model = train(*corpus())
    first, *others = model.suggest(("昨晚又停电", "整栋楼停电两小时"))
    assert first.label == "停电"
    assert first.confidence > others[0].confidence


def test_confidences_are_shares_of_one() -> None:
    model = train(*corpus())
    every = model.suggest(("账单看不懂", "电费账单看不懂"), size=9)
    assert {one.label for one in every} == set(SAID)
    assert sum(one.confidence for one in every) == pytest.approx(1.0)
    assert all(0 < one.confidence < 1 for one in every)


def test_a_model_read_back_suggests_the_same() -> None:
    model = train(*corpus())
    again = Model.from_bytes(model.to_bytes())
    for text in [("没有电", ""), ("", "态度太差"), ("", "")]:
        assert again.suggest(text) == model.suggest(text)


def test_training_twice_gives_the_same_bytes() -> None:
    one, other = (Model.from_bytes(train(*corpus()).to_bytes()) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert one.sharpness == other.sharpness


def test_two_labels_are_told_apart_as_well() -> None:
    texts, labels = corpus()
    kept = [nth for nth, label in enumerate(labels) if label != "态度"]
    model = train([texts[nth] for nth in kept], [labels[nth] for nth in kept])
    assert model.suggest(("停电", "停电"))[0].label == "停电"
    assert model.suggest(("电费", "账单"))[0].label == "电费"


def test_an_evaluation_judges_every_text_once_by_a_model_that_has_not_seen_it() -> None:
    found = evaluate(*corpus(), folds=4)
    assert found.rows == 60
    assert {name: count for name, (count, _) in found.per_label.items()} == {
        "停电": 20,
        "电费": 20,
        "态度": 20,
    }
    assert found.accuracy > 0.9
    wrong = sum(count for *_, count in found.confusions)
    assert wrong == round((1 - found.accuracy) * 60)


def test_labels_that_say_nothing_about_the_text_are_learnt_badly() -> None:
    texts, labels = corpus()
    shuffled = [labels[(nth * 7) % len(labels)] for nth in range(len(labels))]
    assert evaluate(texts, shuffled, folds=4).accuracy < 0.7


@pytest.mark.parametrize("labels", [["甲"] * 60, ["甲"] * 57 + ["乙"] * 3])
def test_one_class_or_a_rare_one_is_refused(labels: list[str]) -> None:
    with pytest.raises(TooFewLabels):
        train(corpus()[0], labels)


def test_a_text_with_other_fields_than_trained_is_refused() -> None:
    with pytest.raises(ValueError, match="2 wanted"):
        train(*corpus()).suggest(("停电",))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"x" * 1000])
def test_bytes_that_are_no_model_are_refused(content: bytes) -> None:
    with pytest.raises(NotAModel):
        Model.from_bytes(content)


def test_a_file_with_a_pickle_in_it_is_refused() -> None:
    file = io.BytesIO()
    np.savez(file, about=np.array([{"version": 1}], dtype=object))
    with pytest.raises(NotAModel):
        Model.from_bytes(file.getvalue())
