"""Charge for units that say so (`bh:charges`, FLW-05), and pay back what is undone.

The prices are those of the moment the unit opened: what the customer was told does not change under the clerk's
hands. The region is where the unit is submitted.
"""

from bihuan.domain.billing import actions as billing
from bihuan.domain.billing.ports import Occasion
from bihuan.domain.processes.actions.step import Step, When
from bihuan.engines.bpmn.run_state import Token, What


def charge(step: Step, token: Token, when: When) -> None:
    """Charge for a unit that is being submitted."""
    keys = charged_by(step, token.node)
    if not keys:
        return
    extra = step.extras[token.id]
    occasion = Occasion(
        root=step.instance.root,
        instance=step.instance.ref,
        node=token.node,
        unit=f"unit:{token.id}",
        org_unit_id=extra.unit_id or step.instance.unit_id,
        priced_at=extra.opened_at,
    )
    billing.charge_due(keys, occasion, by=when.by, at=when.at)


def undo_superseded(step: Step, when: When, reason: str) -> None:
    """Pay back what the units were charged that a return or a withdrawal has undone."""
    undone = [
        f"unit:{change.token.id}"
        for change in step.run.changes
        if change.what is What.SUPERSEDED and change.token and _may_be_charged(step, change.token)
    ]
    if undone:
        ref, by, at = step.instance.ref, when.by, when.at
        billing.undo_charges(instance=ref, units=undone, reason=reason, by=by, at=at)


def undo_all(step: Step, when: When, reason: str) -> None:
    """Pay back what a terminated instance has charged."""
    ref, by, at = step.instance.ref, when.by, when.at
    billing.undo_charges(instance=ref, units=None, reason=reason, by=by, at=at)


def _may_be_charged(step: Step, token: Token) -> bool:
    """Tell a unit that charges, or was done under a version that had it while this one has not."""
    return token.node not in step.graph.nodes or bool(charged_by(step, token.node))


def charged_by(step: Step, node: str) -> tuple[str, ...]:
    """Return the items a node charges for."""
    rules = step.graph.nodes[node].unit
    return rules.charge_items if rules is not None else ()
