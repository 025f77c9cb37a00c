"""What a person filled in: checked against the unit's form, and what of it the process routes by."""

import json
from datetime import datetime
from typing import Any

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.customers import queries as customers
from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.actions.step import Step
from bihuan.domain.processes.queries import blueprints, rows
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines import forms
from bihuan.engines.bpmn.run_state import Token
from bihuan.engines.forms.model import FILES
from bihuan.kit import db
from bihuan.kit.masking import unmask_text


def form_of(step: Step, token: Token) -> forms.Form | None:
    """Return the form in force for a unit; None when the process was compiled without forms."""
    rules = step.graph.nodes[token.node].unit
    key = step.blueprint.forms.get(rules.form) if rules else None
    if key is None:
        return None
    if step.form_version is not None and step.form_version[0] == token.id:
        return blueprints.form_version(step.form_version[1])
    return blueprints.form(key)


def checked(
    step: Step, token: Token, values: dict[str, Any], at: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the clean values and the variables among them, or refuse naming every field that is wrong."""
    form = form_of(step, token)
    if form is None:
        return values, values
    found = forms.validate(
        form, values, at=at, previous=_previous(step, form), exists=_exists(step)
    )
    if not found.ok:
        raise refusals.FormIncomplete(fields=found.errors)
    return found.values, form.variables(found.values)


def restored(unit_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Return values in which numbers that were shown masked and come back so are whole again.

    Costs nothing unless something masked came back.
    """
    if not any(_is_masked(value) for value in values.values()):
        return values
    row = db.one(SQL["kept_of"], (unit_id,))
    kept: dict[str, Any] = json.loads(row[0]) if row and row[0] else {}
    return {code: _restored(value, kept.get(code)) for code, value in values.items()}


def _is_masked(value: Any) -> bool:
    """Tell whether something masked is in a value, in the rows of a group too."""
    if isinstance(value, list):
        return any(_is_masked(one) for one in value)
    if isinstance(value, dict):
        return any(_is_masked(one) for one in value.values())
    return isinstance(value, str) and "**" in value


def _restored(value: Any, kept: Any) -> Any:
    if isinstance(value, list) and isinstance(kept, list):
        return [_row_restored(row, number, kept) for number, row in enumerate(value)]
    if isinstance(value, dict) and isinstance(kept, dict):
        return {code: _restored(one, kept.get(code)) for code, one in value.items()}
    both = isinstance(value, str) and isinstance(kept, str)
    return unmask_text(value, kept) if both else value


def _row_restored(row: Any, number: int, kept: list[Any]) -> Any:
    """Restore a row from the one kept at its place, else, rows having been removed, from whichever fits."""
    found = row
    for one in [*kept[number : number + 1], *kept]:
        if not _is_masked(found):
            break
        found = _restored(found, one)
    return found


def _previous(step: Step, form: forms.Form) -> dict[str, Any]:
    """Read earlier values only for a form that looks at them: history grows, a submit must not."""
    reads = form.history or form.previous or any(f.readonly or f.readonly_if for f in form.fields)
    return rows.earlier_values(step.instance.id, step.graph) if reads else {}


def _exists(step: Step) -> forms.validation.Exists:
    def exists(kind: forms.FieldType, value: Any) -> bool:
        if kind in FILES:
            return attachments.are_of(step.instance.root, [value])
        if kind is forms.FieldType.CUSTOMER:
            return str(value).isdigit() and int(value) in customers.names_of([int(value)])
        if kind is not forms.FieldType.ORG_UNIT:
            return True
        tree = org.tree(step.instance.org_revision)
        return str(value) in tree.by_code or (str(value).isdigit() and int(value) in tree.units)

    return exists
