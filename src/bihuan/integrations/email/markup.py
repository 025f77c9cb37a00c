"""HTML mail as safe plain text: nothing that runs, nothing hidden, tables and lists still readable."""

import re
from html import unescape
from typing import Final

import inscriptis
import nh3

# What stands where an older mail begins, so that `quotes` finds it after the tags are gone.
QUOTE_MARK: Final = "-----原始邮件-----"
_KEPT: Final = {
    *(
        "p",
        "br",
        "div",
        "table",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "ul",
        "ol",
        "li",
        "blockquote",
    ),
    *("pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "span", "b", "i", "u", "a"),
}
_DROPPED: Final = {"script", "style", "head", "title", "noscript", "template", "svg", "math"}
_HIDDEN: Final = re.compile(
    r"<(\w+)\b[^>]*style\s*=\s*[\"'][^\"'>]*(?:display\s*:\s*none|mso-hide\s*:\s*all)[^>]*>.{0,2000}?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_QUOTE: Final = re.compile(
    r"<(?:blockquote\b[^>]*(?:type\s*=\s*[\"']?cite|isReplyContent|gmail_quote|mac_quote)"
    r"|div\b[^>]*(?:gmail_quote|foxmail_quote|ntes_quote|qmquote|divRplyFwdMsg|appendonsend))[^>]*>",
    re.IGNORECASE,
)
_TAGS: Final = re.compile(r"<[^<>]*>")
_MOST: Final = 2_000_000


def text_of_html(html: str) -> str:
    """Return the words of an HTML mail; quotations that are marked as such begin with `QUOTE_MARK`."""
    marked = _QUOTE.sub(
        lambda found: f"<p>{QUOTE_MARK}</p>{found[0]}", _HIDDEN.sub("", html[:_MOST])
    )
    safe = nh3.clean(marked, tags=_KEPT, attributes={}, clean_content_tags=_DROPPED)
    try:
        found = inscriptis.get_text(safe)
    except (RecursionError, ValueError, AssertionError):
        found = ""
    return _tidy(found if found.strip() else unescape(_TAGS.sub("\n", safe)))


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \t\u3000]+$", "", line) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.lstrip(" ") for line in lines)).strip()
