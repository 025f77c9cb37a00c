"""Cut an expression into tokens, translating the spellings other engines use."""

import re
from dataclasses import dataclass

from bihuan.engines.expressions.nodes import NotAnExpression

MAX_LENGTH = 2000
MAX_TOKENS = 600

WRAPPED = re.compile(r"[$#]\{(.*)\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?(?!\w)(?!\.\d))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<range>\.\.)
      | (?P<operator>==|!=|<=|>=|&&|\|\||[-+*/<>!()\[\],?:])
    )""",
    re.VERBOSE | re.ASCII,
)
_SPELLINGS = {
    "&&": "and",
    "||": "or",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "True": "true",
    "False": "false",
    "None": "null",
}
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, name, text, operator or end. Words of the language are operators."""

    kind: str
    text: str
    position: int


def unwrapped(text: str) -> str:
    """Return what stands inside `${…}` or `#{…}`, or the text itself, without blanks around."""
    plain = text.strip()
    wrapped = WRAPPED.fullmatch(plain)
    return wrapped[1].strip() if wrapped else plain


def cut(text: str) -> list[Token]:
    """Return the tokens of an unwrapped expression, the last one of kind `end`."""
    if not text:
        raise NotAnExpression("没有内容", text)
    if len(text) > MAX_LENGTH:
        raise NotAnExpression(f"超过 {MAX_LENGTH} 个字符，请改用决策表", text)
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if not text[position:].strip():
                break
            raise _unreadable(text, position)
        tokens.append(_token(match, text))
        position = match.end()
        if len(tokens) > MAX_TOKENS:
            raise NotAnExpression("写得太长，请改用决策表", text, position)
    return [*tokens, Token("end", "", len(text))]


def _token(match: re.Match[str], text: str) -> Token:
    kind = match.lastgroup or ""
    found = match[kind]
    position = match.start(kind)
    if kind == "text" and not found[1:-1].isprintable():
        raise NotAnExpression("文字里有换行或控制字符", text, position)
    if kind == "number" and len(found) > 16:
        raise NotAnExpression(f"数字 {found} 太长", text, position)
    if kind == "range":
        return Token("operator", found, position)
    found = _SPELLINGS.get(found, found) if kind in {"name", "operator"} else found
    if kind == "name" and (found in _WORDS or not found.isidentifier()):
        return Token("operator", found, position)
    return Token(kind, found, position)


def _unreadable(text: str, position: int) -> NotAnExpression:
    position += len(text[position:]) - len(text[position:].lstrip())
    sign = text[position]
    if sign == "=":
        reason = "“=”不是比较，相等写成“==”"
    elif not sign.isascii() and sign.isalpha():
        word = re.match(r"\w+", text[position:])
        reason = f"变量名只能用英文字母、数字和下划线，“{word[0] if word else sign}”要改用字段编码"
    elif sign in "'\"":
        reason = "文字缺少结尾的引号"
    elif sign == ".":
        reason = "变量名不能带点"
    elif sign in "$#{}":
        reason = "“${…}”要把整个表达式括起来"
    else:
        reason = f"看不懂“{sign}”"
    return NotAnExpression(reason, text, position)
