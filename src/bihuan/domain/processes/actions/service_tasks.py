"""Service tasks: a registered verb is called, or a decision table asked, in the transaction that reached them."""

from functools import partial
from typing import TYPE_CHECKING, Any

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.choices import CloseKind
from bihuan.domain.processes.ports import VERBS, FormFound, VerbCall
from bihuan.domain.processes.queries import rows
from bihuan.domain.processes.queries.blueprints import table
from bihuan.engines import decisions
from bihuan.engines.bpmn.model import Node
from bihuan.engines.bpmn.run_state import VerbDue

if TYPE_CHECKING:
    from bihuan.domain.processes.actions.step import Step, When


def do(step: "Step", due: VerbDue, when: "When") -> dict[str, Any] | None:
    """Do a service task that is due; its result becomes variables."""
    node = step.graph.nodes[due.node]
    if node.decision and not due.verb:
        return _decide(step, node)
    if step.tree.opening is not None:
        step.tree.opening.write()
    call = VerbCall(
        name=due.verb,
        subject=step.instance.subject,
        root=step.instance.root,
        instance_id=step.instance.id,
        variables=step.run.variables,
        form=step.form,
        by=when.by,
        at=when.at,
        params=due.params,
        last_form_with=partial(_last_form_with, step),
    )
    return VERBS.get(due.verb)(call)


def _decide(step: "Step", node: Node) -> dict[str, Any]:
    """Ask a decision table; its outputs become variables, a single one under `bh:result` if named."""
    key = step.blueprint.decisions.get(node.decision, node.decision)
    try:
        output = dict(decisions.decide(table(key), step.run.variables).output)
    except decisions.NotDecided as wrong:
        raise refusals.DecisionMissing(f"{wrong}。") from wrong
    name = node.params.get("result")
    return {name: next(iter(output.values()))} if name and len(output) == 1 else output


def _last_form_with(step: "Step", field: str) -> FormFound | None:
    """Return the latest submitted form of this instance in which a field is filled in."""
    for token_id in sorted(step.extras, reverse=True):
        token, extra = step.known[token_id], step.extras[token_id]
        submitted = token.close_kind is CloseKind.SUBMITTED
        if submitted and extra.form and extra.form.get(field):
            return FormFound(extra.form, _submitter(step, token_id), extra.closed_at)
    return rows.last_form_with(step.instance.id, field)


def _submitter(step: "Step", token_id: int) -> Actor:
    subject = f"unit:{token_id}"
    told = (f for f in step.facts if f.subject == subject and f.name == "unit.submitted")
    return next((fact.by for fact in told), Actor("system:engine"))
