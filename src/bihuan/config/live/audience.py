"""Who reads a stream, and which facts they may hear of: those of cases they may see, and their own notices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections

from bihuan.config.live.mailbox import News, case_id_of
from bihuan.domain.cases import queries as cases
from bihuan.domain.org.ports import Access

Involved = Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Audience:
    """What one reader may hear, worked out once from their access.

    A case is heard of by those who may see it anywhere it was, and by those who hold a post where it
    was: its units come into their inbox. What is rooted in a person (`staff:7`) that person hears, and
    what is rooted in the duty of an org unit (`duty:5`) who keeps it. Of anything else only who may read all facts hears. `access` is what boards are drawn for.
    """

    everywhere: bool = False
    unit_ids: frozenset[int] = frozenset()
    all_facts: bool = False
    ref: str = ""
    duty_units: frozenset[int] = frozenset()
    access: Access | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, access: Access) -> "Audience":
        """Work out what a person may hear of."""
        held = {unit_id for _post, unit_id in access.posts}
        paths = tuple(access.tree.units[one].path for one in held if one in access.tree.units)
        scopes = [access.scope("case.view"), *([access.tree.scope(paths)] if paths else [])]
        return cls(
            everywhere=any(scope.everywhere for scope in scopes),
            unit_ids=frozenset(unit_id for scope in scopes for unit_id in scope.unit_ids),
            all_facts=access.scope("fact.view").everywhere,
            ref=access.ref,
            duty_units=frozenset(access.scope("duty.keep").unit_ids),
            access=access,
        )

    def may_hear(self, news: News, involved: Involved) -> bool:
        """Tell whether a fact is this reader's business; `involved` gives each case's org units."""
        case_id = case_of(news)
        if case_id is not None:
            return self.everywhere or not self.unit_ids.isdisjoint(
                involved.get(case_id, frozenset())
            )
        return self.all_facts or news.root == self.ref or self._keeps(news.root)

    def _keeps(self, root: str) -> bool:
        """Tell whether a root such as `duty:5` is an org unit whose duty this reader keeps."""
        kind, _, key = root.partition(":")
        return kind == "duty" and key.isdecimal() and int(key) in self.duty_units


def case_of(news: News) -> int | None:
    """Return the id of the case that a fact belongs to, if it is one."""
    return case_id_of(news.root)


@sync_to_async(thread_sensitive=False)
def involved_in(case_ids: Collection[int]) -> Involved:
    """Look up the cases' org units, and give the connection back at once."""
    close_old_connections()
    try:
        return cases.involved_units(case_ids)
    finally:
        connections.close_all()
