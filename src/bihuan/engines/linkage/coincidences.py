"""Which answers one customer gives and which are coincidence, learned from compared pairs without labels.

Fields that hang together defeat the usual model, in which two records of different customers agree by chance in each
field for itself: sites of one town share town, state and postcode, a family shares name and home. So pairs of different
customers come in classes: agreeing by mere chance, or because of one coincidence (the same street, the same family name),
one class for each field; what else goes with that coincidence is learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_CHANCE = 1
_OFTEN = 0.3
_SHARE = 0.05
_SAME, _ELSE = 0.6, 0.12
_MOST_ELSE = 0.4
_TOGETHER = (10.0, 0.4)
_APART = (50.0, 0.4)
_ROUNDS = 200
_STILL = 1e-6
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Field:
    """How often each answer of one comparison is given by two records at random, the best answer first, `else` last."""

    name: str
    by_chance: Sequence[float]


@dataclass(frozen=True, slots=True)
class Learned:
    """What came out: bits for one customer by pattern, chances of each answer within customers by field, pairs of one customer."""

    weights: Numbers
    together: Sequence[Numbers]
    found: float


def learn(
    fields: Sequence[Field], answers: NDArray[np.int64], counts: Numbers, *, possible: float
) -> Learned:
    """Learn from patterns of answers (a row each, one column a field, -1 unknown, 0 the best) and how many pairs gave each.

    `possible` is how many pairs there are in all, compared or not: with the chances of `fields` it says how many of the
    pairs compared agree by mere chance, which is known beforehand and not learned.
    """
    chances = [_shares(np.array(field.by_chance, float)) for field in fields]
    given = _one_hot(answers, [len(one) for one in chances])
    starts = [[_usual(len(one)) for one in chances], chances, *_single(chances)]
    classes = np.array([np.concatenate(one) for one in starts])
    expected = classes.copy()
    shares = np.full(len(starts), (1 - _SHARE) / (len(starts) - 1))
    shares[0] = _SHARE
    shares[_CHANCE] = possible / counts.sum()
    edges = np.cumsum([len(one) for one in chances])[:-1]
    for _ in range(_ROUNDS):
        weighed = _belonging(given, classes, shares) * counts[:, None]
        before, shares = shares, (weighed.sum(axis=0) + 1) / (counts.sum() + len(starts))
        shares[_CHANCE] = before[_CHANCE]
        for index in (each for each in range(len(starts)) if each != _CHANCE):
            seen = np.split(given.T @ weighed[:, index], edges)
            prior = np.split(expected[index], edges)
            classes[index] = np.concatenate(
                [_mixed(*both, together=index == 0) for both in zip(seen, prior, strict=True)]
            )
        if np.abs(shares - before).max() < _STILL:
            break
    likely = _likely(given, classes, shares)
    bits = (likely[:, 0] - np.logaddexp.reduce(likely[:, 1:], axis=1)) / np.log(2)
    return Learned(bits, np.split(classes[0], edges), float(counts.sum() * shares[0]))


def _single(chances: Sequence[Numbers]) -> list[list[Numbers]]:
    """Return a class for each field that seldom agrees by chance: it agrees nearly always, the others by chance."""
    found = []
    for index, one in enumerate(chances):
        if one[0] <= _OFTEN:
            agreeing = 0.1 * one
            agreeing[0] += 0.9
            found.append([agreeing if other == index else by for other, by in enumerate(chances)])
    return found


def _mixed(seen: Numbers, prior: Numbers, *, together: bool) -> Numbers:
    """Mix what was seen in a class with what is expected of it: the class of one customer may not drift to strangers."""
    least, share = _TOGETHER if together else _APART
    mixed = _shares(seen + prior * (least + share * seen.sum()))
    if together and mixed[-1] > _MOST_ELSE:
        mixed[:-1] *= (1 - _MOST_ELSE) / (1 - mixed[-1])
        mixed[-1] = _MOST_ELSE
    return mixed


def _belonging(given: Numbers, classes: Numbers, shares: Numbers) -> Numbers:
    likely = _likely(given, classes, shares)
    raised = np.exp(likely - likely.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _likely(given: Numbers, classes: Numbers, shares: Numbers) -> Numbers:
    return np.asarray(given @ np.log(np.maximum(classes, _LEAST)).T + np.log(shares))


def _one_hot(answers: NDArray[np.int64], sizes: Sequence[int]) -> Numbers:
    columns = [answers[:, [index]] == np.arange(size)[None, :] for index, size in enumerate(sizes)]
    return np.concatenate(columns, axis=1).astype(float)


def _usual(levels: int) -> Numbers:
    """Return what is usual of a field within one customer: mostly equal, seldom quite different."""
    if levels == 2:
        return np.array([1 - _ELSE, _ELSE])
    between = (1 - _SAME - _ELSE) / (levels - 2)
    return np.array([_SAME, *[between] * (levels - 2), _ELSE])


def _shares(counts: Numbers) -> Numbers:
    return np.asarray(counts / counts.sum())
