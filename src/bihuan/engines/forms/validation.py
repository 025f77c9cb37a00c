"""Check what was filled in: types, completeness, across fields, and against earlier values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bihuan.engines import expressions
from bihuan.engines.expressions.days import LOCAL, day_number
from bihuan.engines.forms.clean import NotClean, clean
from bihuan.engines.forms.model import DATED, FILES, REFERENCES, Check, Field, FieldType, Form

PREVIOUS = "prev_"
MOST_ROWS = 50
_BOUND = re.compile(r"today(?:([+-])(\d{1,4}))?")

Exists = Callable[[FieldType, Any], bool]


@dataclass(frozen=True, slots=True)
class Result:
    """`values` are clean and JSON-able, hidden fields left out; `errors` are Chinese, by field.

    An error that belongs to no field stands under "", one in a row of a group under `group.0.field`. `missing` are the required fields left empty,
    `hidden` those not asked for, `readonly` those that keep an earlier value, `unknown` the names no field has.
    """

    values: dict[str, Any]
    errors: dict[str, str]
    missing: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the form may be submitted (or, for a draft, saved)."""
        return not self.errors


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a validation knows besides the values.

    `previous` are clean values of earlier units, or of the last case alike. `exists` answers whether
    a class, staff member, org unit or attachment is known; without it they are taken on trust.
    """

    at: datetime
    previous: Mapping[str, Any] = field(default_factory=dict)
    exists: Exists | None = None


def validate(  # the four circumstances are spelled out: every caller passes them by name
    form: Form,
    values: Mapping[str, Any],
    *,
    at: datetime,
    previous: Mapping[str, Any] | None = None,
    draft: bool = False,
    exists: Exists | None = None,
) -> Result:
    """Return the clean values and every error. A draft is only checked for types.

    A condition (`visibleIf`, `requiredIf`) over a field that is still empty counts as not met; a
    check over an empty field, or without an earlier value, is not made.
    """
    circumstances = Circumstances(at, previous or {}, exists)
    validation = _Validation(form, values, circumstances, draft=draft)
    validation.read_fields()
    if not draft:
        validation.check_complete()
        validation.check_all(form.checks)
        validation.check_all(form.history)
    return validation.result()


def visible_fields(
    form: Form,
    values: Mapping[str, Any],
    *,
    at: datetime,
    previous: Mapping[str, Any] | None = None,
) -> tuple[Field, ...]:
    """Return the fields to show for these values, for a page drawn before submission."""
    validation = _Validation(form, values, Circumstances(at, previous or {}))
    validation.read_fields()
    return tuple(item for item in form.fields if item.code not in validation.hidden)


class _Validation:
    """One run over one form; the context holds what conditions may read."""

    def __init__(
        self,
        form: Form,
        values: Mapping[str, Any],
        known: Circumstances,
        *,
        draft: bool = True,
        around: Mapping[str, Any] | None = None,
    ) -> None:
        self.form, self.given, self.known, self.draft = form, values, known, draft
        self.values: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.missing: list[str] = []
        self.hidden: set[str] = set()
        self.readonly: set[str] = set()
        self.context: dict[str, Any] = dict.fromkeys(item.code for item in form.fields)
        self.context.update(self._previous_context())
        self.context["now"] = day_number(known.at)
        self.context["today"] = day_number(known.at.astimezone(LOCAL).date())
        self.context = {**(around or {}), **self.context}

    def _previous_context(self) -> dict[str, Any]:
        types = {item.code: item.type for item in self.form.fields} | self.form.previous
        found = {f"{PREVIOUS}{code}": None for code in types}
        for code, value in self.known.previous.items():
            found[f"{PREVIOUS}{code}"] = comparable(types.get(code, FieldType.TEXT), value)
        return found

    # ---------------------------------------------------------------- fields

    def read_fields(self) -> None:
        for item in self.form.fields:
            if item.visible_if and not self._holds(item.visible_if, unknown=False):
                self.hidden.add(item.code)
                continue
            try:
                value = self._read(item)
            except NotClean as wrong:
                self.errors[item.code] = str(wrong)
                continue
            self.values[item.code] = value
            self.context[item.code] = comparable(item.type, value)

    def _read(self, item: Field) -> Any:
        if item.readonly or (item.readonly_if and self._holds(item.readonly_if, unknown=False)):
            self.readonly.add(item.code)
            kept = self.known.previous.get(item.code)
            return clean(item, item.default) if kept is None else kept
        given = self.given.get(item.code, item.default)
        value = clean(item, given)
        if item.type is FieldType.GROUP:
            return self._read_rows(item, value or [])
        if value is not None:
            self._check_known(item, value)
            self._check_dates(item, value)
        return value

    def _read_rows(self, item: Field, rows: list[Any]) -> list[dict[str, Any]] | None:
        """Read each row as a small form of its own; rows left wholly empty are dropped.

        Conditions in a row see the row's fields and those of the form above the group.
        """
        most = int(item.maximum or MOST_ROWS)
        if len(rows) > most:
            raise NotClean(f"最多 {most} 行")
        form = Form(item.code, item.label, item.fields)
        kept: list[dict[str, Any]] = []
        for number, row in enumerate(rows):
            one = _Validation(form, row, self.known, draft=self.draft, around=self.context)
            one.read_fields()
            self.hidden.update(f"{item.code}.{number}.{code}" for code in one.hidden)
            if not one.errors and all(value in (None, False) for value in one.values.values()):
                continue
            if not self.draft:
                one.check_complete()
            self._take_row(f"{item.code}.{number}", one)
            kept.append(one.values)
        if not self.draft and len(kept) < int(item.minimum or 0):
            raise NotClean(f"至少填 {item.minimum} 行")
        return kept or None

    def _take_row(self, name: str, row: "_Validation") -> None:
        self.errors.update({f"{name}.{code}": said for code, said in row.result().errors.items()})
        self.missing.extend(f"{name}.{code}" for code in row.missing)

    def _check_known(self, item: Field, value: Any) -> None:
        typed = item.type is FieldType.SIGNATURE and isinstance(value, str)
        if item.type not in REFERENCES or self.known.exists is None or typed:
            return
        for one in value if isinstance(value, list) else [value]:
            if not self.known.exists(item.type, one):
                raise NotClean("所选的内容已不存在，请重新选择")

    def _check_dates(self, item: Field, value: Any) -> None:
        if item.type not in DATED:
            return
        day = value[:10]
        if item.minimum and day < self._bound(item.minimum):
            raise NotClean(f"不能早于 {self._bound(item.minimum)}")
        if item.maximum and day > self._bound(item.maximum):
            raise NotClean(f"不能晚于 {self._bound(item.maximum)}")

    def _bound(self, written: str) -> str:
        match = _BOUND.fullmatch(written)
        if match is None:
            return written
        days = int(f"{match[1] or '+'}{match[2] or 0}")
        return (self.known.at.astimezone(LOCAL).date() + timedelta(days=days)).isoformat()

    # ---------------------------------------------------------------- checks

    def check_complete(self) -> None:
        settled = self.hidden | self.readonly | self.errors.keys()
        for item in self.form.fields:
            asked = item.code not in settled
            if asked and self.values.get(item.code) is None and self._is_required(item):
                self.missing.append(item.code)
                self.errors[item.code] = f"请{_verb(item)}{item.label}"

    def _is_required(self, item: Field) -> bool:
        return item.required or (
            bool(item.required_if) and self._holds(item.required_if, unknown=False)
        )

    def check_all(self, checks: tuple[Check, ...]) -> None:
        for check in checks:
            expression = expressions.compile_condition(check.expression)
            if expression.names & (self.errors.keys() | self.hidden):
                continue
            if not self._holds(check.expression, unknown=True):
                self._report(check)

    def _report(self, check: Check) -> None:
        message = re.sub(r"\{(\w+)\}", self._shown, check.message)
        for code in check.fields or ("",):
            self.errors.setdefault(code, message)

    def _shown(self, match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith(PREVIOUS):
            return str(self.known.previous.get(name.removeprefix(PREVIOUS), ""))
        return str(self.values.get(name, match[0]))

    def _holds(self, text: str, *, unknown: bool) -> bool:
        try:
            return expressions.compile_condition(text).decide(self.context)
        except expressions.CannotDecide:
            return unknown

    # ---------------------------------------------------------------- outcome

    def result(self) -> Result:
        codes = {item.code for item in self.form.fields}
        unknown = tuple(sorted(str(code) for code in self.given if code not in codes))
        errors = {**self.errors, **dict.fromkeys(unknown, "表单没有这一项")}
        return Result(
            values=self.values,
            errors=errors,
            missing=tuple(self.missing),
            hidden=frozenset(self.hidden),
            readonly=frozenset(self.readonly),
            unknown=unknown,
        )


def _verb(item: Field) -> str:
    """Return what is asked of the person: 选择, 上传, 填写."""
    if item.type in FILES:
        return "提供"
    return "选择" if item.choices or item.type in REFERENCES else "填写"


def comparable(type_: FieldType, value: Any) -> Any:
    """Return a clean value as conditions see it: money as a number, dates as day numbers."""
    if value is None:
        return None
    if type_ is FieldType.MONEY:
        return float(value)
    return day_number(value) if type_ in DATED else value
