"""Words that name or reach somebody, found in texts however their numbers are grouped, and taken out."""

import re
from functools import lru_cache
from typing import Any, Final

HIDDEN: Final = "***"
_GROUPED: Final = r"[ -]?"
_TELLING: Final = 6
_LATIN: Final = "[A-Za-z0-9_]"


def is_telling(word: str) -> bool:
    """Tell whether a word alone says who it is: a number, a mail address, a company's name; a short name may be anybody's."""
    return sum(map(str.isdigit, word)) > _TELLING or "@" in word or len(word) >= _TELLING


@lru_cache(maxsize=4)
def pattern(words: frozenset[str]) -> str:
    """Return a regular expression, for Python and PostgreSQL, that finds the words; never an empty one."""
    return "|".join(_one(word) for word in sorted(words, key=lambda one: (-len(one), one))) or "$a"


def _one(word: str) -> str:
    is_number = len(word) > _TELLING and word[:-1].isdecimal()
    found = (_GROUPED if is_number else "").join(re.escape(char) for char in word)
    if len(word) > _TELLING:
        return found
    # Li is no part of client, flat 12 none of 2012.
    before, after = (_LATIN if re.match(_LATIN, end) else "" for end in (word[0], word[-1]))
    return f"{before and f'(?<!{before})'}{found}{after and f'(?!{after})'}"


def hide(words: frozenset[str], value: Any) -> Any:
    """Return a text, or the texts in lists and mappings, without the words; keys of mappings stay."""
    if isinstance(value, str):
        return _compiled(words).sub(HIDDEN, value)
    if isinstance(value, list):
        return [hide(words, one) for one in value]
    if isinstance(value, dict):
        return {key: hide(words, one) for key, one in value.items()}
    return value


@lru_cache(maxsize=4)
def _compiled(words: frozenset[str]) -> re.Pattern[str]:
    return re.compile(pattern(words), re.IGNORECASE)
