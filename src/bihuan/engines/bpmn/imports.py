"""Check the reader against a list of expectations about BPMN files, one entry per file.

The format is that of `imports.json` of the published sample set: process ids, element counts,
unsupported elements, whether the file may be published, and what must survive export.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lxml import etree

from bihuan.engines.bpmn import export, parse, xml
from bihuan.engines.bpmn.document import Document, Unsupported

COUNTED = frozenset(
    {
        *("startEvent", "endEvent", "boundaryEvent"),
        *("intermediateCatchEvent", "intermediateThrowEvent", "timerEventDefinition"),
        *("errorEventDefinition", "escalationEventDefinition", "terminateEventDefinition"),
        *("compensateEventDefinition", "cancelEventDefinition", "task", "userTask"),
        *("manualTask", "serviceTask", "subProcess", "transaction", "adHocSubProcess"),
        *("callActivity", "exclusiveGateway", "parallelGateway", "inclusiveGateway"),
        *("complexGateway", "sequenceFlow", "conditionExpression"),
        *("multiInstanceLoopCharacteristics", "lane", "dataObject", "dataObjectReference"),
        *("textAnnotation", "association"),
        # Not in the published samples, and counted all the same.
        *("sendTask", "scriptTask", "businessRuleTask", "receiveTask", "eventBasedGateway"),
        *("messageEventDefinition", "signalEventDefinition", "linkEventDefinition"),
        *("conditionalEventDefinition", "standardLoopCharacteristics"),
    }
)


def failures(entry: Mapping[str, Any], data: bytes, verbs: Collection[str]) -> list[str]:
    """Return one English sentence for every expectation of the entry that is not met."""
    document = parse.read(data, verbs)
    return [
        *_processes(entry, document),
        *_counts(entry, document),
        *_unsupported(entry, document),
        *_kept(entry, document),
    ]


def _processes(entry: Mapping[str, Any], document: Document) -> Iterator[str]:
    found = [process.key for process in document.processes]
    if found != entry["processes"]:
        yield f"processes {found}, expected {entry['processes']}"
    if document.diagram != entry["diagram"]:
        yield f"diagram {document.diagram}, expected {entry['diagram']}"
    if document.publishable != entry["publishable"]:
        yield f"publishable {document.publishable}, expected {entry['publishable']}"


def _counts(entry: Mapping[str, Any], document: Document) -> Iterator[str]:
    for name in sorted(COUNTED):
        found, expected = document.counts.get(name, 0), entry["counts"].get(name, 0)
        if found != expected:
            yield f"{found} {name}, expected {expected}"


def _unsupported(entry: Mapping[str, Any], document: Document) -> Iterator[str]:
    found = {_key(item): item for item in document.unsupported}
    expected = {(item["id"], item["kind"]): item for item in entry["unsupported"]}
    for id_, kind in sorted(expected.keys() - found.keys()):
        yield f"{id_} ({kind}) not reported"
    for id_, kind in sorted(found.keys() - expected.keys()):
        yield f"{id_} ({kind}) reported but supported"
    for key in sorted(expected.keys() & found.keys()):
        detail = expected[key].get("detail", found[key].detail)
        if found[key].detail != detail:
            yield f"{key[0]} ({key[1]}) found {found[key].detail!r}, expected {detail!r}"


def _key(item: Unsupported) -> tuple[str, str]:
    return item.id, item.kind


def _kept(entry: Mapping[str, Any], document: Document) -> Iterator[str]:
    root = xml.load(export.write(document))
    by_id = {element.get("id"): element for element in root.iter() if xml.is_element(element)}
    for keep in entry.get("keep", ()):
        element = by_id.get(keep["id"])
        if element is None or not _is_kept(element, keep):
            yield f"{keep['id']} lost {keep.get('attribute') or keep.get('element')}"


def _is_kept(element: etree._Element, keep: Mapping[str, Any]) -> bool:
    if "attribute" in keep:
        return bool(element.get(keep["attribute"]) == keep["value"])
    own = [found for found in element.iter(keep["element"]) if _owner(found) is element]
    return len(own) == int(keep["count"])


def _owner(element: etree._Element) -> etree._Element | None:
    """Return the nearest element around this one that has an id: a note belongs to its task."""
    return next((above for above in element.iterancestors() if above.get("id")), None)
