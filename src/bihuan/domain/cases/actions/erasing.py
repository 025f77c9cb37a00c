"""What cases and their conversations keep of a customer who is made anonymous: the matter stays, the person goes."""

import json
from collections.abc import Collection, Sequence
from typing import Final

from bihuan.domain.cases.choices import CaseState
from bihuan.domain.cases.models import Case
from bihuan.domain.customers.ports import Erasure
from bihuan.kit import db

_OF: Final = "case_id in (select id from cases_case where customer_id = any(%(ids)s))"
_INSTANCES: Final = (
    "select i.id from processes_processinstance i join cases_case c on i.root = 'case:' || c.id"
    " where c.customer_id = any(%(ids)s)"
)
# Free texts, by table, and which of its rows are the customer's.
_TEXTS: Final[Sequence[tuple[str, tuple[str, ...], str]]] = (
    ("cases_case", ("title", "description"), "customer_id = any(%(ids)s)"),
    ("cases_handling", ("text",), _OF),
    ("cases_note", ("text",), _OF),
    ("cases_fingerprint", ("address",), _OF),
    (
        "interactions_interaction",
        ("subject", "text", "quoted", "remark"),
        "customer_id = any(%(ids)s) or root in"
        " (select 'case:' || id from cases_case where customer_id = any(%(ids)s))",
    ),
)
_JSON: Final[Sequence[tuple[str, tuple[str, ...], str]]] = (
    ("processes_processinstance", ("variables",), f"id in ({_INSTANCES})"),
    ("processes_token", ("form", "draft", "local"), f"instance_id in ({_INSTANCES})"),
)
_BLANKED: Final = (
    "update cases_case set contact_name = '', contact_phone = '', contact_digits = ''"
    " where customer_id = any(%(ids)s) returning id",
    "update cases_participant set name = '已匿名', phone = '', digits = '', customer_id = null"
    " where customer_id = any(%(ids)s) returning id",
    "update interactions_interaction set party_name = '', party_address = '', sent = null"
    " where customer_id = any(%(ids)s) and outcome <> 'REFUSED' returning id",
)
_HIDDEN: Final = "***"


class CaseEraser:
    """Cases, their units' forms and their conversations."""

    def standing_in_the_way(self, customer_ids: Collection[int]) -> str:
        """Return that cases are open: who handles them must be able to reach the customer."""
        open_ = Case.objects.filter(
            customer_id__in=customer_ids, state__in=(CaseState.OPEN, CaseState.RESOLVED)
        )
        return "还有未办结的工单，办结后才能匿名化。" if open_.exists() else ""

    def erase(self, erasure: Erasure) -> int:
        """Take the person's names and numbers out; return how many rows named who it was."""
        values = {"ids": list(erasure.customer_ids)}
        for word in erasure.words:
            for table, columns, which in _TEXTS:
                _replace(table, columns, which, {**values, "word": word})
            plain = json.dumps(word, ensure_ascii=False)[1:-1]
            for table, columns, which in _JSON:
                _replace(table, columns, which, {**values, "word": plain}, is_json=True)
        return sum(len(db.rows(sql, values)) for sql in _BLANKED)


def _replace(
    table: str,
    columns: tuple[str, ...],
    which: str,
    values: dict[str, object],
    *,
    is_json: bool = False,
) -> None:
    cast, back = ("::text", "::jsonb") if is_json else ("", "")
    changes = ", ".join(
        f"{name} = replace({name}{cast}, %(word)s, '{_HIDDEN}'){back}" for name in columns
    )
    holds = " or ".join(f"position(%(word)s in {name}{cast}) > 0" for name in columns)
    db.run(f"update {table} set {changes} where ({which}) and ({holds})", values)  # noqa: S608 -- our own names
