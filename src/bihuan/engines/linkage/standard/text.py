"""One way of writing: full-width and compatibility forms, traditional characters, accents, sound."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff"
_HAN = re.compile(f"[{HAN}]")
_SPACES = re.compile(r"\s+")
_LATIN_REST = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th"})
# Read by sound as surnames, otherwise than in words.
_SURNAMES = {
    "曾": "zeng",
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
}
_SURNAMES |= {
    "任": "ren",
    "盖": "ge",
    "翟": "zhai",
    "华": "hua",
    "乐": "yue",
    "尉": "yu",
    "召": "shao",
}


def plain(raw: str | None) -> str:
    """Return the text in half-width, simplified characters with single spaces, letters as typed."""
    return _plain(raw) if raw else ""


@lru_cache(maxsize=512)
def _plain(raw: str) -> str:
    """Read a text once: all that is asked of a row's name or address asks for this again."""
    text = raw if raw.isascii() else _simplified(unicodedata.normalize("NFKC", raw))
    visible = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return _SPACES.sub(" ", visible).strip()


def tight(raw: str | None) -> str:
    """Return `plain` in capitals without any space."""
    return _tight(raw) if raw else ""


@lru_cache(maxsize=512)
def _tight(raw: str) -> str:
    upper = plain(raw).replace(" ", "").upper()
    # Capitals of a few letters decompose (ŉ): bring them together again.
    return upper if unicodedata.is_normalized("NFKC", upper) else tight(upper)


def latin(raw: str | None) -> str:
    """Return small letters and digits without accents, words parted by one space; other scripts are dropped."""
    return _LATIN_REST.sub(" ", _without_accents(plain(raw).lower())).strip()


def words(said: str) -> frozenset[str]:
    """Return the words of a list written with spaces."""
    return frozenset(said.split())


def has_han(text: str) -> bool:
    """Return whether there is any Chinese character."""
    return _HAN.search(text) is not None


def sound(text: str) -> str:
    """Return the pinyin of a name without tones, syllables parted by spaces; letters stay as they are."""
    return " ".join(_syllable(char, first=index == 0) for index, char in enumerate(text))


def letters(text: str) -> str:
    """Return what can be compared by letters: the sound of Chinese, small letters of the rest."""
    return sound(text) if has_han(text) else latin(text)


@cache
def _syllable(char: str, *, first: bool) -> str:
    if first and char in _SURNAMES:
        return _SURNAMES[char]
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - loads its words, which takes a while

    said: str = lazy_pinyin(char)[0]
    return latin(said) or said.lower()


@lru_cache(maxsize=20_000)
def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(char for char in parts if not unicodedata.combining(char))


def _simplified(text: str) -> str:
    return text.translate(_simplifications())


@cache
def _simplifications() -> dict[int, str]:
    """Read OpenCC's table of traditional characters, following chains so that a second pass finds nothing."""
    file = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    lines = file.read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    table = {source: target.split(" ")[0] for source, target in pairs}
    return {ord(source): table.get(target, target) for source, target in table.items()}
