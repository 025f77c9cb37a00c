"""Small packs built from texts."""

from datetime import UTC, datetime

from bihuan.domain.ledger.events import Actor
from bihuan.engines.packs.source import PackSource, read_pack

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LEE = Actor("system:lee")


def pack(
    key: str = "shop", *, version: str = "1.0", requires: str = "", **texts: str
) -> PackSource:
    """Build a pack whose texts come from keyword arguments: greeting="hello: 您好"."""
    manifest = (
        f'key = "{key}"\nversion = "{version}"\nname = {{ zh = "店" }}\nrequires = [{requires}]\n'
    )
    files = {"pack.toml": manifest.encode()}
    files.update({f"texts/zh-hans/{name}.yaml": text.encode() for name, text in texts.items()})
    return read_pack(files)
