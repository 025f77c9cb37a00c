"""The customer's own answer to "may we close?", given on the portal (decision 0200).

It goes through the unit that asks for it: the portal submits that unit for the customer, so that consent, rework,
clocks and ladders follow exactly as after a call-back. The pack says which units, and whether at all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from bihuan.domain.cases.actions.portal.own import Own, mover, own_case
from bihuan.domain.cases.actions.portal.proving import Proof
from bihuan.domain.cases.choices import CaseState, Channel
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries import portal as portals, wording
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.processes import actions as processes, queries as units
from bihuan.domain.processes.queries import OpenUnitRow
from bihuan.kit import db
from bihuan.kit.problems import Invalid, Refused

LEAST_REASON: Final = 4
MOST_WORDS: Final = 1000
POOR: Final = 2
_ANSWERED = """
select c.state, (select answer from cases_consent n where n.case_id = c.id and n.round = c.round),
    (select instance_id from cases_standing s where s.case_id = c.id), c.contact_digits
from cases_case c where c.id = %s
"""
_PHONES = """
select s.phone from cases_handling h join org_staff s
    on s.id::text in (split_part(h.handled_by, ':', 2), split_part(h.on_behalf_of, ':', 2))
where h.case_id = %s
"""


class NotYetToAnswer(Refused):
    """Nobody has handled the case yet, or it is over."""

    message = "现在还不用您确认，处理完成后会请您确认。"


class AnsweredAlready(Refused):
    """The customer agreed in this round already."""

    message = "您已经确认过了。"


class AnsweredByPhoneOnly(Refused):
    """The pack has customers called; the portal takes no answer."""

    message = "这类事情由工作人员打电话向您确认。"


class PhoneNotProven(Refused):
    """Only who holds the phone may end a case."""

    status = 403
    message = "同意关闭和撤回要先验证手机号，请用短信验证码重新查询。"


class HandlersOwnPhone(Refused):
    """The phone that would consent belongs to somebody who handled the case (CMP-04)."""

    status = 403
    message = "这个手机号属于办理人员，不能在网上确认，会由另一位同事打电话核实。"


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """What the customer answers. `score` is 1 to 5; `reason` says why not, `words` anything else."""

    agreed: bool
    reason: str = ""
    score: int | None = None
    words: str = ""
    proof: Proof = Proof.PHONE


@transaction.atomic
def answer_case(case_id: int, answer: PublicAnswer, *, by: Actor, at: datetime) -> None:
    """Give the customer's answer: consent passes the case on to its closing, refusal sends it back to work.

    `by` is the case's own customer. Consent needs the proof of the phone; refusal, which ends nothing, does
    not. Refuses what the pack does not let customers answer by themselves.
    """
    own = own_case(case_id, by)
    asking = portals.portal(own.pack).answering
    if not asking.units:
        raise AnsweredByPhoneOnly
    _check(answer)
    if answer.agreed:
        _may_agree(own, answer)
    unit = _unit(own, asking, by, at)
    if unit.assignee_id is not None:
        processes.release(unit.id, by=mover(by), at=at)
        _tell(unit.assignee_id, own, by, at)
    processes.submit(unit.id, _values(answer, asking), by=mover(by), at=at)


def _check(answer: PublicAnswer) -> None:
    wrong = {}
    if answer.agreed and answer.score not in range(1, 6):
        wrong["score"] = "请点几颗星，告诉我们您是否满意"
    if answer.agreed and answer.score in range(1, POOR + 1) and not answer.words.strip():
        wrong["words"] = "不满意在哪里？请写一句"
    if not answer.agreed and len(answer.reason.strip()) < LEAST_REASON:
        wrong["reason"] = f"请说说哪里没有解决，至少 {LEAST_REASON} 个字"
    if max(len(answer.reason), len(answer.words)) > MOST_WORDS:
        wrong["reason" if not answer.agreed else "words"] = f"最多 {MOST_WORDS} 个字"
    if wrong:
        raise Invalid("还有内容没填好，请看标出的地方。", fields=wrong)


def _may_agree(own: Own, answer: PublicAnswer) -> None:
    if answer.proof is not Proof.PHONE:
        raise PhoneNotProven
    handlers = {wording.digits_of(row[0]) for row in db.rows(_PHONES, (own.id,))}
    if own.digits in handlers:
        raise HandlersOwnPhone


def _unit(own: Own, asking: portals.Answering, by: Actor, at: datetime) -> OpenUnitRow:
    """Return the open unit that asks the customer; where the process waits to ask again, it asks now."""
    state, answered, instance_id, _ = db.one(_ANSWERED, (own.id,)) or ("", None, None, "")
    if state != CaseState.RESOLVED or instance_id is None:
        raise NotYetToAnswer
    if answered is not None:
        raise AnsweredAlready
    found = _open(own, asking)
    if found is None:
        processes.jump(instance_id, asking.units[0], reason="客户在网上答复", by=mover(by), at=at)
        found = _open(own, asking)
    if found is None:
        raise NotYetToAnswer
    return found


def _open(own: Own, asking: portals.Answering) -> OpenUnitRow | None:
    opened = units.open_units([case_ref(own.id)])
    return next((unit for unit in opened if unit.node in asking.units), None)


def _values(answer: PublicAnswer, asking: portals.Answering) -> dict[str, Any]:
    """Return what the unit's form says; the names are those every verification is read by."""
    values: dict[str, Any] = dict(asking.agreed if answer.agreed else asking.refused)
    values["channel"] = str(Channel.WEB)
    if answer.score is not None:
        values["score"] = str(answer.score)
    if answer.words.strip():
        values["note"] = answer.words.strip()
    if not answer.agreed:
        values["refusal_reason"] = answer.reason.strip()
    return values


def _tell(staff_id: int, own: Own, by: Actor, at: datetime) -> None:
    """Tell whoever was about to call that the customer has answered."""
    ref = case_ref(own.id)
    notice = Notice(
        Topic.CASE,
        f"{own.number} 客户已在网上答复，不用再打电话：{own.title}",
        ref,
        f"{ref}:answered:{own.round}",
    )
    notifications.notify(notice, [staff_id], by=by, at=at)
