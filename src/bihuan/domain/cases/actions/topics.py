"""Work out which matters many cases are about, and keep the answer for the list (TKT-19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases.models import Case, Fingerprint, HotTopic
from bihuan.domain.cases.queries import duplicates
from bihuan.engines.duplicates import Request, Topic, topics

MOST_CASES = 20_000
KEPT = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """The cases of a pack that were opened from `since` (included) to `until` (excluded)."""

    pack: str
    since: datetime
    until: datetime
    is_rolling: bool = False


def find_topics(stretch: Stretch, *, at: datetime) -> int:
    """Work out the hot topics of a stretch of time, put them in place of the last ones; return how many.

    Those of the days up to now (`is_rolling`) and those of a stretch asked for do not replace one another.

    The newest 20,000 cases count. A topic is as hot as there are different people behind it: whoever
    writes about one thing every week makes no topic.
    """
    cases = Case.objects.filter(
        pack=stretch.pack, opened_at__gte=stretch.since, opened_at__lt=stretch.until
    )
    columns = duplicates.COLUMNS
    rows = list(cases.order_by("-opened_at", "-id").values_list(*columns)[:MOST_CASES])
    places = dict(
        Fingerprint.objects.exclude(address="")
        .filter(opened_at__gte=stretch.since, opened_at__lt=stretch.until)
        .values_list("case_id", "address")
    )
    requests = [duplicates.request_of(row, places.get(row[0], "")) for row in rows]
    found = topics(requests, duplicates.rarity())
    made = [_topic(stretch, topic, rows, requests, at) for topic in found]
    made.sort(key=lambda one: (-one.people, -len(one.case_ids)))
    with transaction.atomic():
        HotTopic.objects.filter(pack=stretch.pack, is_rolling=stretch.is_rolling).delete()
        HotTopic.objects.bulk_create(made[:KEPT])
    return len(made[:KEPT])


def _topic(
    stretch: Stretch,
    topic: Topic,
    rows: Sequence[Sequence[object]],
    requests: Sequence[Request],
    at: datetime,
) -> HotTopic:
    members = [rows[nth] for nth in topic.members]
    moments = sorted(row[-1] for row in members if isinstance(row[-1], datetime))
    people = {min(requests[nth].person, default=f"case:{rows[nth][0]}") for nth in topic.members}
    return HotTopic(
        pack=stretch.pack,
        is_rolling=stretch.is_rolling,
        title=str(members[0][1])[:300],
        case_ids=[row[0] for row in members],
        people=len(people),
        first_at=moments[0],
        last_at=moments[-1],
        found_at=at,
    )
