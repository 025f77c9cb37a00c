"""Who reads a stream, and which facts they may hear of: those of cases they may see, and their own notices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections

from bihuan.config.live.mailbox import News, case_id_of
from bihuan.domain.cases import queries as cases
from bihuan.domain.customers.queries.reach import NOTHING, Place, Reach, places
from bihuan.domain.org.ports import Access
from bihuan.kit import clock

Involved = Mapping[int, frozenset[int]]
Files = Mapping[int, Place]
NO_FILES: Files = {}


@dataclass(frozen=True, slots=True)
class Audience:
    """What one reader may hear, worked out once from their access.

    Of a customer's file those hear who may open it. A case is heard of by those who may see it anywhere it was, and by those who hold a post where it
    was: its units come into their inbox. What is rooted in a person (`staff:7`) that person hears, and
    what is rooted in the duty of an org unit (`duty:5`) who keeps it. Of anything else only who may read all facts hears. `access` is what boards are drawn for.
    """

    everywhere: bool = False
    unit_ids: frozenset[int] = frozenset()
    all_facts: bool = False
    ref: str = ""
    duty_units: frozenset[int] = frozenset()
    access: Access | None = field(default=None, repr=False, compare=False)
    reach: Reach = field(default=NOTHING, repr=False, compare=False)

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

    def may_hear(self, news: News, involved: Involved, files: Files = NO_FILES) -> bool:
        """Tell whether a fact is this reader's business; `involved` gives each case's org units.

        `files` says where customers' files are and whose: of a file hears who may open it now.
        """
        customer_id = customer_of(news)
        if customer_id is not None:
            place = files.get(customer_id)
            return place is not None and self._sees(customer_id, place)
        case_id = case_of(news)
        if case_id is not None:
            return self.everywhere or not self.unit_ids.isdisjoint(
                involved.get(case_id, frozenset())
            )
        return self.all_facts or news.root == self.ref or self._keeps(news.root)

    def _sees(self, customer_id: int, place: Place) -> bool:
        """Tell whether a file is seen: by one's reach, or because it was opened to just this reader."""
        opened = any(f"staff:{one}" == self.ref for one in place.opened_to)
        return self.reach.holds(customer_id, place) or opened

    def _keeps(self, root: str) -> bool:
        """Tell whether a root such as `duty:5` is an org unit whose duty this reader keeps."""
        kind, _, key = root.partition(":")
        return kind == "duty" and key.isdecimal() and int(key) in self.duty_units


def customer_of(news: News) -> int | None:
    """Return the id of the customer that a fact belongs to, if it is one."""
    kind, _, key = news.root.partition(":")
    return int(key) if kind == "customer" and key.isdecimal() else None


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


@sync_to_async(thread_sensitive=False)
def files_of(customer_ids: Collection[int]) -> Files:
    """Look up where customers' files are and to whom they are open now, and give the connection back at once."""
    close_old_connections()
    try:
        return places(customer_ids, clock.now())
    finally:
        connections.close_all()
