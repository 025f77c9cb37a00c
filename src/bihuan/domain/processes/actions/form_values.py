"""What a person filled in: checked against the unit's form, and what of it the process routes by."""

from datetime import datetime
from typing import Any

from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.actions.step import Step
from bihuan.domain.processes.queries import blueprints, rows
from bihuan.engines import forms
from bihuan.engines.bpmn.run_state import Token


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


def _previous(step: Step, form: forms.Form) -> dict[str, Any]:
    """Read earlier values only for a form that looks at them: history grows, a submit must not."""
    reads = form.history or form.previous or any(f.readonly or f.readonly_if for f in form.fields)
    return rows.earlier_values(step.instance.id, step.graph) if reads else {}


def _exists(step: Step) -> forms.validation.Exists:
    def exists(kind: forms.FieldType, value: Any) -> bool:
        if kind is not forms.FieldType.ORG_UNIT:
            return True
        tree = org.tree(step.instance.org_revision)
        return str(value) in tree.by_code or (str(value).isdigit() and int(value) in tree.units)

    return exists
