"""Of what several sources say of one field, one is believed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st

from bihuan.engines.goldenrecord import Said, believed, settled

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
rows = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 2),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from(("", "x", "y"))),
    ),
    max_size=5,
)


@settings(max_examples=100)
@given(rows, st.dictionaries(st.sampled_from("abc"), st.integers(0, 5)))
def test_the_values_alone_are_those_that_are_believed(spoken, chosen):
    said = [
        Said(row, trust, NOON + timedelta(hours=hours), fields)
        for row, (trust, hours, fields) in enumerate(spoken)
    ]

    explained = {name: one.value for name, one in believed(said, chosen).items()}

    assert settled(said, chosen) == explained
