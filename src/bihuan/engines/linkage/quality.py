"""How good groups are against a known truth: pairs of records rightly and wrongly brought together."""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairs: `right` of `said`, out of `true` ones."""

    right: int
    said: int
    true: int

    @property
    def precision(self) -> float:
        """Return which share of the pairs brought together is right."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Return which share of the true pairs was found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def differing(self) -> float:
        """Return which share of the pairs of either side the other does not have."""
        either = self.said + self.true - self.right
        return 1 - self.right / either if either else 0.0


def measure(
    connection: duckdb.DuckDBPyConnection, *, truth: str = "truth", where: str = "true"
) -> Quality:
    """Compare `groups` with a truth (record, customer), for the records that meet the condition and are in both."""
    connection.execute(
        f"create or replace temp table judged as select g.leader, t.customer from groups g join records r using (uid) "
        f"join {truth} t on t.record = r.record where {where}"
    )
    pairs = "select coalesce(sum(n * (n - 1) / 2), 0)::hugeint from (select count(*) as n from judged group by {})"
    counts = [
        connection.execute(pairs.format(by)).fetchall()[0][0]
        for by in ("leader, customer", "leader", "customer")
    ]
    return Quality(*(int(one) for one in counts))
