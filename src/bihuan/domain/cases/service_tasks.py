"""What a diagram may ask of its case: `bh:verb="case.classify"` and its kin.

Each reads the form submitted last (field names as in the packs), takes one step of the loop, and
returns what the process needs to route by. A field that is missing leaves the case as it is.
"""

from typing import Any

from bihuan.domain.cases import rules
from bihuan.domain.cases.actions import grading, improving, steps, writing
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.choices import Attribution, Channel, ConsentAnswer
from bihuan.domain.cases.events import Verification, case_id_of
from bihuan.domain.cases.models import CauseCoding
from bihuan.domain.cases.ports import PORTAL_ACTOR
from bihuan.domain.ledger.actions import announcing
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.ports import Verb, VerbCall

_ANSWERS = {"agreed": ConsentAnswer.AGREED, "refused": ConsentAnswer.REFUSED}


def classify(call: VerbCall) -> dict[str, Any] | None:
    """Put the case into the class the form names; say what the class decides."""
    code = str(call.form.get("class_code") or "")
    if not code or code == grading.class_of(case_id_of(call.subject)):
        return None
    chosen = steps.classify(_step(call), code)
    return {
        "class_code": chosen.code,
        "request_type": chosen.request_type,
    }


def grade(call: VerbCall) -> dict[str, Any] | None:
    """Weigh the case as the form says and give it its grade."""
    said = {name: call.form.get(name) for name in ("importance", "urgency", "scope")}
    if not any(said.values()):
        return None
    known = grading.graded(case_id_of(call.subject))
    weight = rules.Weight(
        **{name: int(v or getattr(known.weight, name)) for name, v in said.items()}
    )
    found = grading.grade_of(known.grading, weight, known.class_grade)
    if (weight, found) != (known.weight, known.grade):
        steps.grade(_step(call), weight, found)
    return {
        "grade": found,
        "importance": weight.importance,
        "urgency": weight.urgency,
        "scope": weight.scope,
    }


def dispatch(call: VerbCall) -> dict[str, Any] | None:
    """Name the responsible unit the form chose."""
    chosen = grading.unit_id(call.form.get("org_unit"))
    if chosen is None:
        return None
    steps.dispatch(_step(call), chosen, reason=str(call.form.get("instruction") or ""))
    return {"responsible_unit": chosen}


def resolve(call: VerbCall) -> None:
    """Keep what was done and by whom, and say that the case is handled."""
    text, who = _handling(call)
    if text:
        steps.resolve_handled(_step(call), text, who)
    else:
        steps.resolve(_step(call))
    _code_cause(call)
    _mail_result(call)


def record_verification(call: VerbCall) -> dict[str, Any]:
    """Keep the customer's answer; `consent` is `agreed` or `refused`."""
    said = str(call.form.get("consent") or "")
    score = call.form.get("score")
    verification = Verification(
        answer=_ANSWERS.get(said, ConsentAnswer.REFUSED),
        channel=str(call.form.get("channel") or "PHONE"),
        score=int(score) if score else None,
        note=str(call.form.get("note") or call.form.get("refusal_reason") or ""),
        # On the portal nobody asked: the answer is the customer's own act (decision 0200).
        asked_by=call.by.on_behalf_of if call.by.ref == PORTAL_ACTOR else "",
    )
    answer = steps.verify(_step(call), verification)
    return {"consent": "agreed" if answer == ConsentAnswer.AGREED else "refused"}


def record_silence(call: VerbCall) -> dict[str, Any]:
    """Keep that the customer could not be asked; `silences` counts how often in a row (CMP-16)."""
    count = int(call.variables.get("silences") or 0) + 1
    steps.record_silence(_step(call), count, note=str(call.form.get("note") or ""))
    return {"silences": count}


def rework(call: VerbCall) -> dict[str, Any]:
    """Send the case back to work and count it."""
    reason = str(call.form.get("refusal_reason") or call.form.get("note") or "")
    return {"rework_count": steps.rework(_step(call), reason=reason), "silences": 0}


def close(call: VerbCall) -> None:
    """Close the case with the customer's consent."""
    steps.close(_step(call))


TASKS: dict[str, Verb] = {
    "case.classify": classify,
    "case.grade": grade,
    "case.dispatch": dispatch,
    "case.resolve": resolve,
    "case.record_verification": record_verification,
    "case.record_silence": record_silence,
    "case.rework": rework,
    "case.close": close,
}


def _code_cause(call: VerbCall) -> None:
    """Keep the attribution a review's form names, with the cause the handling found (TKT-17)."""
    said = str(call.form.get("attribution") or "").upper()
    if said not in Attribution.values:
        return
    handling = call.last_form_with("cause")
    coding = CauseCoding(
        case_id=case_id_of(call.subject),
        attribution=said,
        cause=str(handling.values["cause"]) if handling else "unknown",
        org_unit_id=grading.unit_id(call.variables.get("responsible_unit")),
        by=call.by.ref,
        at=call.at,
    )
    improving.keep_cause(_step(call), coding)


def _mail_result(call: VerbCall) -> None:
    """Mail the reviewed reply to a customer who came by mail; others are told when they are asked."""
    if call.variables.get("channel") != Channel.EMAIL or not announcing():
        return  # nobody is written to while history is replayed
    found = call.last_form_with("reply")
    said = str(call.form.get("reply") or (found.values["reply"] if found else "")).strip()
    if said:
        writing.send_result(_step(call), said)


def _step(call: VerbCall) -> Step:
    return Step(case_id_of(call.subject), call.by, call.at)


def _handling(call: VerbCall) -> tuple[str, Actor]:
    """Return what was done and who did it: in the form just submitted, else in the latest that says."""
    if call.form.get("handling"):
        return str(call.form["handling"]), call.by
    found = call.last_form_with("handling")
    return (str(found.values["handling"]), found.by) if found else ("", call.by)
