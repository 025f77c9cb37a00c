"""The names behind refs of people."""

from collections.abc import Iterable

from bihuan.domain.org import queries as org


def names_behind(refs: Iterable[str]) -> dict[str, str]:
    """Return the names of the people among some refs (`staff:7`), in one query."""
    ids = {int(ref.partition(":")[2]) for ref in refs if ref.startswith("staff:")}
    return {f"staff:{key}": name for key, name in org.names_of(ids).items()}
