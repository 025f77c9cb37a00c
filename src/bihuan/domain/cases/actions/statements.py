"""The statements of the loop's steps: each changes the case and writes the facts about it together."""

from typing import NamedTuple

from bihuan.domain.ledger.actions import FACT_CTES

# A refused step leaves no fact: nothing is written unless the case changed.
_FACTS = FACT_CTES.replace(
    "reason text, data jsonb)", "reason text, data jsonb) where exists (select from changed)"
)


class Statement(NamedTuple):
    """A change together with the facts about it, and the change alone."""

    told: str
    alone: str


def statement(*ctes: str) -> Statement:
    """Return a statement whose last CTE is the change."""
    names = ["made", "changed"][-len(ctes) :]
    parts = ", ".join(f"{name} as ({cte})" for name, cte in zip(names, ctes, strict=True))
    end = "select * from changed"
    return Statement(f"with {parts}, {_FACTS} {end}", f"with {parts} {end}")


ENDED = "select closure_id, merged_into_id from cases_case where id = %s"
CLASSIFY = statement("""
    update cases_case set cls_id = c.id,
        was_complaint = cases_case.was_complaint or c.request_type = 'COMPLAINT'
    from cases_caseclass c
    where cases_case.id = %(case)s and c.pack = cases_case.pack and c.code = %(code)s
      and cases_case.closure_id is null and cases_case.merged_into_id is null
    returning c.code, c.name, c.request_type, c.grade, c.grading, c.process_key, c.id, c.burst,
        cases_case.org_unit_id""")
GRADE = statement("""
    update cases_case set grade = %(grade)s, importance = %(importance)s, urgency = %(urgency)s,
        scope = %(scope)s
    where id = %(case)s and closure_id is null and merged_into_id is null returning id""")
DISPATCH = statement("""
    update cases_case set responsible_unit_id = %(unit)s
    where id = %(case)s and closure_id is null and merged_into_id is null returning id""")
HANDLE = statement("""
    insert into cases_handling (case_id, round, text, handled_by, on_behalf_of, org_unit_id, at)
    select id, round, %(text)s, %(by)s, %(behalf)s, %(unit)s, %(at)s
    from cases_case where id = %(case)s and closure_id is null and merged_into_id is null returning round""")
# A process may come by twice in a round: units are returned, withdrawn and jumped over.
RESOLVE_HANDLED = statement(
    """
    insert into cases_handling (case_id, round, text, handled_by, on_behalf_of, org_unit_id, at)
    select id, round, %(text)s, %(handler)s::text, %(behalf)s::text, %(unit)s, %(at)s
    from cases_case c where id = %(case)s and closure_id is null and merged_into_id is null
      and not exists (select from cases_handling h where h.case_id = c.id and h.round = c.round
        and h.text = %(text)s and h.handled_by = %(handler)s::text
        and h.on_behalf_of = %(behalf)s::text)
    returning case_id""",
    """
    update cases_case set state = 'RESOLVED', resolved_at = %(at)s
    from made where cases_case.id = made.case_id returning cases_case.round""",
)
RESOLVE = statement("""
    update cases_case set state = 'RESOLVED', resolved_at = %(at)s
    where id = %(case)s and closure_id is null and merged_into_id is null returning round""")
STANDING = """
    select state, coalesce((select array_agg(who) from cases_handling h,
        unnest(array[h.handled_by, h.on_behalf_of]) who where h.case_id = c.id), '{}')
    from cases_case c where id = %s"""
VERIFY = statement("""
    insert into cases_consent (case_id, round, answer, channel, asked_by, at, note, score)
    select id, round, %(answer)s, %(channel)s, %(by)s, %(at)s, %(note)s, %(score)s
    from cases_case c where id = %(case)s and state = 'RESOLVED' and not exists (
        select from cases_handling h where h.case_id = c.id
        and (h.handled_by = any(%(people)s) or h.on_behalf_of = any(%(people)s)))
    on conflict (case_id, round) do update set answer = excluded.answer, score = excluded.score,
        channel = excluded.channel, asked_by = excluded.asked_by, at = excluded.at,
        note = excluded.note
    where cases_consent.answer = 'AGREED' returning round""")
REWORK = statement("""
    update cases_case set state = 'OPEN', rework_count = rework_count + 1, round = round + 1
    where id = %(case)s and state = 'RESOLVED' and exists (
        select from cases_consent n where n.case_id = cases_case.id
        and n.round = cases_case.round and n.answer = 'REFUSED')
    returning rework_count""")
END = """
    update cases_case set state = %(state)s, closed_at = %(at)s, closure_id = made.id
    from made where cases_case.id = %(case)s returning cases_case.round"""
CLOSE = statement(
    """
    insert into cases_closure (case_id, kind, consent_id, consent_answer, at, by, reason)
    select c.id, 'CONSENT', n.id, n.answer, %(at)s, %(by)s, ''
    from cases_case c join cases_consent n on n.case_id = c.id and n.round = c.round
    where c.id = %(case)s and c.state = 'RESOLVED' and n.answer = 'AGREED' returning id""",
    END,
)
CLOSE_APART = statement(
    """
    insert into cases_closure (case_id, kind, at, by, reason)
    select id, %(kind)s, %(at)s, %(by)s, %(reason)s
    from cases_case where id = %(case)s and closure_id is null and merged_into_id is null returning id""",
    END,
)
CLOSE_CONTROLLED = statement(
    """
    insert into cases_closure (case_id, kind, at, by, reason, signed_by, countersigned_by)
    select id, 'CONTROLLED', %(at)s, %(by)s, %(reason)s, %(signed)s, %(countersigned)s
    from cases_case where id = %(case)s and closure_id is null and merged_into_id is null
    returning id""",
    END,
)
REOPEN = statement("""
    update cases_case set state = 'OPEN', closed_at = null, closure_id = null,
        reopen_count = reopen_count + 1, round = round + 1
    where id = %(case)s and closure_id is not null returning reopen_count""")
NOTE = statement("""
    insert into cases_note (case_id, text, by, at)
    select id, %(text)s, %(by)s, %(at)s from cases_case where id = %(case)s returning id""")
