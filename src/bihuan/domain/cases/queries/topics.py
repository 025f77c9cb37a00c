"""The hot topics as last worked out, with their cases as far as the asker may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.cases.models import Case, HotTopic
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, visible
from bihuan.domain.org.ports import Access
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound

MOST = 200


class TopicMissing(NotFound):
    """It was worked out anew meanwhile."""

    message = "这个热点已重新归集，请回到列表查看。"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One hot topic. `cases` counts those the asker may see, `people` all behind it."""

    id: int
    title: str
    cases: int
    people: int
    first_at: datetime
    last_at: datetime
    found_at: datetime


def hot_topics(
    access: Access, pack: str, *, is_rolling: bool = True, size: int = 50
) -> list[TopicRow]:
    """Return the topics of a pack that the asker may see at least three cases of, the hottest first.

    Those of the last thirty days, or with `is_rolling` false of the stretch last asked for.
    """
    of_kind = HotTopic.objects.filter(pack=pack, is_rolling=is_rolling)
    found = list(of_kind.order_by("-people", "id")[:MOST])
    wanted = {case_id for one in found for case_id in one.case_ids}
    seen = set(visible(access).filter(pk__in=wanted).values_list("pk", flat=True))
    rows = [_row(one, len(seen & set(one.case_ids))) for one in found]
    return [row for row in rows if row.cases >= 3][:size]


def hot_topic(access: Access, topic_id: int) -> tuple[TopicRow, list[CaseRow]]:
    """Return a topic with its cases, the one most like the others first."""
    topic = HotTopic.objects.filter(pk=topic_id).first()
    if topic is None:
        raise TopicMissing
    cases = visible(access).select_related("standing").defer("description")
    by_id = cases.in_bulk(topic.case_ids[:MOST])
    rows = rows_of(access, [by_id[one] for one in topic.case_ids if one in by_id])
    if not rows:
        raise TopicMissing
    return _row(topic, len(rows)), rows


def _row(topic: HotTopic, cases: int) -> TopicRow:
    return TopicRow(
        topic.pk,
        mask_text(topic.title),
        cases,
        topic.people,
        topic.first_at,
        topic.last_at,
        topic.found_at,
    )


def topics_whole(
    packs: Sequence[str], *, is_rolling: bool = False, size: int = 50
) -> list[dict[str, Any]]:
    """Return the hottest topics of some packs with the numbers of all their cases, for the command line."""
    found = list(
        HotTopic.objects.filter(pack__in=packs, is_rolling=is_rolling).order_by("-people", "id")[
            :size
        ]
    )
    numbers = dict(
        Case.objects.filter(pk__in=[key for one in found for key in one.case_ids]).values_list(
            "pk", "number"
        )
    )
    return [
        {
            "pack": one.pack,
            "title": mask_text(one.title),
            "people": one.people,
            "first_at": one.first_at,
            "last_at": one.last_at,
            "cases": [numbers[key] for key in one.case_ids if key in numbers],
        }
        for one in found
    ]
