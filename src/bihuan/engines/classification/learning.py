"""Train a model and say how good it is on texts it has not seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bihuan.engines.classification.model import Document, Model, plain, reader

FOLDS = 10
FEWEST = 5
STIFFNESS = 3.0
SEED = 0
# Pairs of characters seen once in a short field still tell something; in a long one they only cost.
SHORT = 60


class TooFewLabels(ValueError):
    """Learning needs two labels, each with at least `FEWEST` texts."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What cross-validation over `folds` parts found: every text is judged by a model that has not seen it.

    `per_label` gives for each label how many texts bear it and its F1; `confusions` the commonest
    (said, meant, count).
    """

    rows: int
    folds: int
    accuracy: float
    macro_f1: float
    per_label: dict[str, tuple[int, float]]
    confusions: tuple[tuple[str, str, int], ...]


def train(documents: Sequence[Document], labels: Sequence[str]) -> Model:
    """Return a model of labelled texts; the same texts give the same model.

    Confidences are set so that they fit texts outside the training set (one temperature, Guo et al. 2017).
    """
    _check(documents, labels)
    scores, meant, names = _unseen(documents, labels, folds=5)
    model = _fitted(documents, labels)
    found = minimize_scalar(_surprise, bounds=(0.05, 50.0), args=(scores, meant), method="bounded")
    if list(model.labels) != names:
        raise AssertionError("labels of the parts and of the whole differ")
    model.sharpness = float(found.x)
    return model


def evaluate(
    documents: Sequence[Document], labels: Sequence[str], *, folds: int = FOLDS
) -> Evaluation:
    """Cross-validate, stratified and shuffled by a fixed seed."""
    _check(documents, labels)
    scores, meant, names = _unseen(documents, labels, folds=folds)
    said = scores.argmax(axis=1)
    each = f1_score(meant, said, labels=range(len(names)), average=None, zero_division=0.0)
    counts = Counter(labels)
    wrong = Counter(
        (names[one], names[other]) for one, other in zip(said, meant, strict=True) if one != other
    )
    return Evaluation(
        rows=len(labels),
        folds=folds,
        accuracy=float(np.mean(said == meant)),
        macro_f1=float(np.mean(each)),
        per_label={name: (counts[name], float(each[nth])) for nth, name in enumerate(names)},
        confusions=tuple((*pair, count) for pair, count in wrong.most_common(10)),
    )


def _check(documents: Sequence[Document], labels: Sequence[str]) -> None:
    counts = Counter(labels)
    if len(documents) != len(labels) or len({len(one) for one in documents}) > 1:
        raise ValueError("every text needs a label and the same fields")
    rare = [name for name, count in counts.items() if count < FEWEST]
    if len(counts) < 2 or rare:
        raise TooFewLabels(", ".join(rare))


def _unseen(
    documents: Sequence[Document], labels: Sequence[str], *, folds: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Return scores of each text by a model that has not seen it, the meant labels, the labels' names."""
    names = sorted(set(labels))
    meant = np.array([names.index(label) for label in labels])
    scores = np.zeros((len(labels), len(names)))
    parts = min(folds, *Counter(labels).values())
    for seen, held in StratifiedKFold(parts, shuffle=True, random_state=SEED).split(meant, meant):
        model = _fitted([documents[nth] for nth in seen], [labels[nth] for nth in seen])
        scores[held] = model.scores([documents[nth] for nth in held])
    return scores, meant, names


def _fitted(documents: Sequence[Document], labels: Sequence[str]) -> Model:
    fields = [[plain(one[nth]) for one in documents] for nth in range(len(documents[0]))]
    readers = [reader(rarest=1 if _is_short(texts) else 2) for texts in fields]
    rows = sparse.hstack(
        [one.fit_transform(texts) for one, texts in zip(readers, fields, strict=True)], format="csr"
    )
    machine = LinearSVC(C=STIFFNESS, random_state=SEED).fit(rows, labels)
    weights, offsets = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        weights, offsets = np.vstack([-weights, weights]), np.concatenate([-offsets, offsets])
    return Model([str(one) for one in machine.classes_], readers, (weights, offsets), 1.0)


def _is_short(texts: Sequence[str]) -> bool:
    return sum(map(len, texts)) <= SHORT * len(texts)


def _surprise(
    sharpness: float, scores: NDArray[np.float64], meant: NDArray[np.int64]
) -> np.float64:
    """Return how surprising the meant labels are, as if one text more had borne another (Platt 1999).

    So nothing is ever certain, however well a few texts can be told apart.
    """
    sure = log_softmax(scores * sharpness, axis=1)
    right = sure[np.arange(len(meant)), meant]
    doubt = 1.0 / (len(meant) + 2)
    wrong = (sure.sum(axis=1) - right) / (sure.shape[1] - 1)
    surprise: np.float64 = -((1 - doubt) * right + doubt * wrong).mean()
    return surprise
