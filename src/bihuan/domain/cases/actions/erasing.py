"""What cases and their conversations keep of a customer who is made anonymous: the matter stays, the person goes."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db.models import Model, Q

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.cases.choices import CaseState
from bihuan.domain.cases.models import Case, Participant
from bihuan.domain.customers.ports import Erasure
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.models import Letter
from bihuan.kit import db

_BLANKED: Final = (
    "update cases_case set contact_name = '', contact_phone = '', contact_digits = '' where id = any(%s) returning id",
    "update cases_participant set name = '已匿名' || id, phone = '', digits = '', customer_id = null where id = any(%s) returning id",
    "update interactions_interaction set party_name = '', party_address = '', sent = null"
    " where id = any(%s) and outcome <> 'REFUSED' returning id",
)


class CaseEraser:
    """Cases, their units' forms and files, and their conversations; those that no file is named on by their number too."""

    def standing_in_the_way(self, erasure: Erasure) -> str:
        """Return that cases are open: who handles them must be able to reach the customer."""
        open_ = _cases(erasure, state__in=(CaseState.OPEN, CaseState.RESOLVED))
        return "还有未办结的工单，办结后才能匿名化。" if open_ else ""

    def theirs(self, erasure: Erasure) -> Mapping[type[Model], Collection[Any]]:
        """Return their cases, contacts and letters, and the cases of others they took part in."""
        parts = _parts(erasure)
        shared = Participant.objects.filter(pk__in=parts).values_list("case_id", flat=True)
        return {
            Case: {*_cases(erasure), *shared},
            Participant: parts,
            Interaction: _interactions(erasure),
            Letter: Letter.objects.filter(address__in=erasure.alone).values_list("pk", flat=True),
        }

    def erase(self, erasure: Erasure) -> int:
        """Blank who it was, and drop the files of their cases: nobody can tell what a picture shows."""
        cases = _cases(erasure)
        found = (cases, _parts(erasure), _interactions(erasure))
        files = attachments.forget([f"case:{one}" for one in cases])
        withheld = notifications.withhold_letters(
            addresses=erasure.alone,
            roots=[
                *(f"case:{one}" for one in cases),
                *(f"customer:{one}" for one in erasure.customer_ids),
            ],
            why="客户资料已匿名化",
        )
        rows = [len(db.rows(sql, (list(keys),))) for sql, keys in zip(_BLANKED, found, strict=True)]
        return files + withheld + sum(rows)


def _cases(erasure: Erasure, **more: object) -> set[int]:
    nobodys = Q(customer__isnull=True, contact_digits__in=erasure.alone)
    found = Case.objects.filter(Q(customer_id__in=erasure.customer_ids) | nobodys, **more)
    return set(found.values_list("pk", flat=True))


def _parts(erasure: Erasure) -> set[int]:
    nobodys = Q(customer__isnull=True, digits__in=erasure.alone)
    found = Participant.objects.filter(Q(customer_id__in=erasure.customer_ids) | nobodys)
    return set(found.values_list("pk", flat=True))


def _interactions(erasure: Erasure) -> set[int]:
    nobodys = Q(customer__isnull=True, party_address__in=erasure.alone)
    found = Interaction.objects.filter(Q(customer_id__in=erasure.customer_ids) | nobodys)
    return set(found.values_list("pk", flat=True))
