"""The packs that come with the product, as sources; and those made for tests alone."""

from functools import cache
from pathlib import Path

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.model import Node, NodeKind, Process
from bihuan.engines.packs.source import PackSource
from bihuan.integrations import pack_files

PACKS = Path(__file__).parents[2] / "packs"
KEYS = ("base", "hotline", "itsm", "complaint")


@cache
def pack(key: str) -> PackSource:
    shipped = PACKS / key
    return pack_files.read(shipped if shipped.exists() else Path(__file__).parent / key)


def processes() -> list[tuple[PackSource, Process]]:
    return [
        (pack(key), parse.read(file.text.encode()).processes[0])
        for key in KEYS
        for file in pack(key).folder("processes")
    ]


def units(process: Process) -> list[Node]:
    return [node for node in process.nodes.values() if node.kind is NodeKind.USER_TASK]
