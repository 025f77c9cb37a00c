"""What is learned without labels: fields that hang together are no proof, mere chance is counted beforehand."""

import numpy as np

from bihuan.engines.linkage.coincidences import Field, learn

NAME, TOWN, STATE = (
    Field("name", [0.001, 0.002, 0.997]),
    Field("town", [0.02, 0.98]),
    Field("state", [0.1, 0.9]),
)


def weights(patterns, possible):
    answers = np.array([one for one, _ in patterns])
    counts = np.array([count for _, count in patterns], float)
    found = learn([NAME, TOWN, STATE], answers, counts, possible=possible)
    return dict(zip([one for one, _ in patterns], found.weights, strict=True)), found


def test_a_town_and_its_state_are_one_coincidence_and_not_two_proofs():
    patterns = [((0, 0, 0), 400), ((1, 0, 0), 150), ((2, 0, 0), 9000), ((0, 1, 0), 40)]
    known, found = weights([*patterns, ((0, 1, 1), 450)], possible=500_000)

    assert known[0, 0, 0] > 3
    assert known[2, 0, 0] < -3
    assert known[0, 0, 0] > known[0, 1, 0] > known[0, 1, 1]
    assert 500 < found.found < 1500


def test_how_many_agree_by_chance_is_known_before_anything_is_learned():
    # A hundred million pairs: that four hundred of them agree in name and town is mere chance.
    known, found = weights([((0, 0, -1), 2000), ((0, 1, -1), 98_000)], possible=1e8)

    assert known[0, 0, -1] < 0
    assert found.found < 200


def test_what_is_unknown_says_nothing():
    known, _ = weights(
        [((0, 0, 0), 400), ((0, 0, -1), 400), ((2, 1, 0), 5000), ((2, 1, -1), 5000)], 1e6
    )

    assert known[0, 0, -1] > 0
    assert known[2, 1, -1] < 0
