"""What a template puts out is escaped as Jinja escapes it, whatever it is."""

import jinja2
import markupsafe
import pytest
from django.template import engines
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

NASTY = "<img src=x onerror='1'> & \"双引号\""
VALUES = [
    NASTY, "平常的话", "", markupsafe.Markup("<b>粗</b>"), SafeString("<i>斜</i>"), 7, 0, True, None, 1.5, [NASTY],
    SimpleLazyObject(lambda: NASTY), SimpleLazyObject(lambda: SafeString("<u>线</u>")),
]  # fmt: skip


@pytest.fixture
def pages() -> jinja2.Environment:
    return engines["jinja2"].env


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_out_as_jinja_itself_writes_it(pages, value):
    plain = jinja2.Environment(autoescape=True)
    for text in (
        "{{ value }}",
        "{% macro m(x) %}<p>{{ x }}</p>{% endmacro %}{{ m(value) }}",
        "{% set x %}<p>{{ value }}</p>{% endset %}{{ x }}{{ value ~ x }}",
        "{% for one in [value] %}{{ one }}{% endfor %}",
        "{% autoescape false %}{{ value }}{% endautoescape %}",
    ):
        assert pages.from_string(text).render(value=value) == plain.from_string(text).render(
            value=value
        )


def test_what_is_missing_is_an_error_not_a_blank(pages):
    with pytest.raises(jinja2.UndefinedError):
        pages.from_string("{{ nothing }}").render()


def test_an_icon_that_was_drawn_before_is_escaped_as_well(pages):
    for _ in range(2):
        drawn = pages.from_string("{{ ui.icon(name) }}").render(name=NASTY)
        assert "<img" not in drawn
