"""Let cases be found again by their texts: those taken in before, and how rare pairs of characters are."""

import json

from bihuan.domain.cases.queries import duplicates
from bihuan.engines.duplicates import fingerprint
from bihuan.kit import db

TOGETHER = 500
_WITHOUT = """
select c.id, c.title, c.description from cases_case c
where c.id > %s and not exists (select from cases_fingerprint f where f.case_id = c.id)
order by c.id limit %s
"""
_WRITE = """
insert into cases_fingerprint (case_id, opened_at, address, grams)
select c.id, c.opened_at, '', array(select json_array_elements_text(one.grams)::integer)
from json_to_recordset(%s::json) as one (id bigint, grams json) join cases_case c on c.id = one.id
on conflict (case_id) do nothing
"""


def read_texts(*, most: int = 100_000) -> int:
    """Let up to `most` cases without a fingerprint be found by their texts; return how many were."""
    known, last, done = duplicates.rarity(), 0, 0
    while done < most:
        rows = db.rows(_WITHOUT, (last, min(TOGETHER, most - done)))
        if not rows:
            break
        written = [{"id": row[0], "grams": fingerprint(row[1], row[2], known)} for row in rows]
        db.run(_WRITE, (json.dumps(written),))
        last, done = rows[-1][0], done + len(rows)
    if done:
        count_pairs()
    return done


def count_pairs() -> None:
    """Have the database count anew which pairs of characters are common."""
    db.run("analyze cases_fingerprint")
    duplicates.forget_rarity()
