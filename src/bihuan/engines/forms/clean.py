"""Turn what people type into clean JSON values, one function per type."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bihuan.engines.expressions.days import LOCAL
from bihuan.engines.forms.location import read_location
from bihuan.engines.forms.model import Field, FieldType

LENGTHS = {FieldType.TEXT: 200, FieldType.LONGTEXT: 5000}
MOST_NUMBER = Decimal(10) ** 15
MOST_ITEMS = 50
MOST_NAME = 40

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DATE = re.compile(r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(.*?)(?:T|\s+)(\d{1,2}:\d{2}.*)", re.DOTALL)
_PHONE = re.compile(r"1\d{10}|0\d{9,11}|[48]00\d{7}|\d{3,8}")
_CODE = re.compile(r"[\w.\-:]{1,80}")
_YES = frozenset({"true", "1", "on", "yes", "是"})
_NO = frozenset({"false", "0", "off", "no", "否"})


class NotClean(Exception):
    """The value cannot be what the field asks for; the message tells the person what to do."""


def clean(field: Field, value: Any) -> Any:
    """Return the clean JSON value, None for nothing filled in, or raise `NotClean`."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value in ("", [], ()):
        return None
    return _CLEANERS[field.type](field, value)


def _plain(value: Any, message: str) -> str:
    """Return text in half-width characters, for everything that is not prose."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise NotClean(message)
    return unicodedata.normalize("NFKC", str(value)).strip()


def _text(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NotClean("填文字")
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if _UNSTORABLE.search(text):
        raise NotClean("含有不能保存的字符，请重新输入")
    if field.type is FieldType.TEXT:
        text = re.sub(r"\s*\n\s*", " ", text)
    most = field.max_length or LENGTHS[field.type]
    if len(text) > most:
        raise NotClean(f"最多 {most} 个字，现在有 {len(text)} 个")
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise NotClean(field.pattern_help or "格式不对，请按说明填写")
    return text


def _decimal(value: Any, message: str) -> Decimal:
    text = _plain(value, message).replace(",", "").replace("¥", "").replace("元", "").strip()
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{0,12})?", text):
        raise NotClean(message)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotClean(message) from None
    if abs(number) >= MOST_NUMBER:
        raise NotClean("数字太大，请检查")
    return number


def _number(field: Field, value: Any) -> int | float:
    number = _decimal(value, "填数字，如 12")
    if number != round(number, field.decimals):
        raise NotClean(f"最多 {field.decimals} 位小数" if field.decimals else "填整数，如 12")
    check_bounds(field, number)
    return int(number) if number == number.to_integral_value() else float(number)


def _money(field: Field, value: Any) -> str:
    number = _decimal(value, "填金额，如 128.50")
    if number != round(number, 2):
        raise NotClean("金额最多两位小数，如 128.50")
    check_bounds(field, number)
    return f"{number:.2f}"


def check_bounds(field: Field, number: Decimal) -> None:
    """Refuse a number outside the field's bounds."""
    if field.minimum and number < Decimal(field.minimum):
        raise NotClean(f"不能小于 {field.minimum}")
    if field.maximum and number > Decimal(field.maximum):
        raise NotClean(f"不能大于 {field.maximum}")


def read_date(text: str) -> date | None:
    """Return the date written in one of the usual ways, or None."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _date(_: Field, value: Any) -> str:
    message = "填日期，如 2026-01-31"
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(LOCAL).date().isoformat()
    if isinstance(value, date):
        return value.isoformat()[:10]
    found = read_date(_plain(value, message))
    if found is None:
        raise NotClean(message)
    return found.isoformat()


def _datetime(_: Field, value: Any) -> str:
    message = "填日期和时间，如 2026-01-31 08:30"
    moment = value if isinstance(value, datetime) else read_moment(_plain(value, message))
    if moment is None:
        raise NotClean(message)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
    return aware.astimezone(LOCAL).isoformat(timespec="seconds")


def read_moment(text: str) -> datetime | None:
    """Return the moment written in one of the usual ways, naive where no offset is written, or None."""
    match = _TIME.fullmatch(text)
    day = read_date(match[1]) if match else None
    if match is None or day is None:
        return None
    time = match[2].replace(" ", "").replace("Z", "+00:00").rjust(5, "0")
    time = f"0{time}" if time[1] == ":" else time
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{time}")
    except ValueError:
        return None


def _choice(field: Field, value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) else ""
    for choice in field.choices:
        if text in {choice.code, choice.label}:
            return choice.code
    raise NotClean(f"没有“{text[:20]}”这个选项，请从列表中选择" if text else "请从列表中选择")


def _multichoice(field: Field, value: Any) -> list[str] | None:
    items = list(value) if isinstance(value, list | tuple) else [value]
    chosen = {_choice(field, item) for item in items[:MOST_ITEMS] if item not in ("", None)}
    return [choice.code for choice in field.choices if choice.code in chosen] or None


def _boolean(_: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _plain(value, "请选“是”或“否”").lower()
    if text not in _YES | _NO:
        raise NotClean("请选“是”或“否”")
    return text in _YES


def _phone(_: Field, value: Any) -> str:
    message = "填电话号码，如 13812345678 或 0592-2345678"
    text = re.sub(r"[\s\-()]", "", _plain(value, message)).removeprefix("+86")
    number, _sep, extension = re.sub(r"[转#x]", "#", text).partition("#")
    if not _PHONE.fullmatch(number) or not re.fullmatch(r"\d{0,6}", extension):
        raise NotClean(message)
    return f"{number}-{extension}" if extension else number


def _reference(_: Field, value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise NotClean("请从列表中选择")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else value


def _class(_: Field, value: Any) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise NotClean("请选择业务分类")
    return value


def _attachment(field: Field, value: Any) -> list[int | str] | None:
    items = value if isinstance(value, list | tuple) else [value]
    kept = [item for item in items if item not in ("", None)]
    noun = "张照片" if field.type is FieldType.PHOTO else "个附件"
    most = int(field.maximum or MOST_ITEMS)
    if len(kept) > most:
        raise NotClean(f"最多 {most} {noun}")
    if kept and field.minimum and len(kept) < int(field.minimum):
        raise NotClean(f"至少 {field.minimum} {noun}")
    return list(dict.fromkeys(_file(item) for item in kept)) or None


def _file(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    raise NotClean("附件没有传上，请重新选择")


def _signature(_: Field, value: Any) -> int | str:
    """Return the number of a drawn signature, or a name typed in its place."""
    if isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit()):
        return _file(value)
    if not isinstance(value, str) or _UNSTORABLE.search(value) or len(value) > MOST_NAME:
        raise NotClean(f"请签名，或键入姓名（最多 {MOST_NAME} 字）")
    return value


def _location(_: Field, value: Any) -> dict[str, Any]:
    found = read_location(value)
    if found is None:
        raise NotClean("填位置，如 24.4798, 118.0894，或写地址")
    return found


def _group(field: Field, value: Any) -> Any:
    """A group's rows are cleaned row by row (`validation`); as a whole it is a list of rows."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise NotClean(f"{field.label}要一行一行地填")
    return value


_CLEANERS: Mapping[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONGTEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.CHOICE: _choice,
    FieldType.MULTICHOICE: _multichoice,
    FieldType.BOOLEAN: _boolean,
    FieldType.PHONE: _phone,
    FieldType.CLASS: _class,
    FieldType.STAFF: _reference,
    FieldType.ORG_UNIT: _reference,
    FieldType.CUSTOMER: _reference,
    FieldType.ASSET: _reference,
    FieldType.ATTACHMENT: _attachment,
    FieldType.FILE: _attachment,
    FieldType.PHOTO: _attachment,
    FieldType.SIGNATURE: _signature,
    FieldType.LOCATION: _location,
    FieldType.GROUP: _group,
}
