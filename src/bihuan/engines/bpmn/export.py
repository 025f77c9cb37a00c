"""Give a definition back as XML. Whatever the reader did not understand is still in it.

Only two things differ from the file that came in: ids lose the blanks around them (bpmn-js drops a
flow with a padded id) and what had no id carries the one
the reader gave it.
"""

from lxml import etree

from bihuan.engines.bpmn import parse, xml
from bihuan.engines.bpmn.document import Document


def write(document: Document) -> bytes:
    """Return the document's XML in UTF-8, readable again to an equal document."""
    root = xml.load(document.xml)
    for element in root.iter():
        if xml.is_element(element):
            _trim(element)
    parse.name_elements(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _trim(element: etree._Element) -> None:
    for name in xml.ID_ATTRIBUTES & set(element.attrib):
        element.set(name, str(element.get(name)).strip())
    if xml.local(element) in {"flowNodeRef", "incoming", "outgoing"}:
        element.text = xml.text(element)


def renamed(data: bytes, old: str, new: str) -> bytes:
    """Return the XML with one process under another id, and with what points at it following."""
    root = xml.load(data)
    pointers = {"process": "id", "BPMNPlane": "bpmnElement", "participant": "processRef"}
    for element in root.iter():
        kind = etree.QName(element).localname if xml.is_element(element) else ""
        name = pointers.get(kind)
        if name and (element.get(name) or "").strip() == old:
            element.set(name, new)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


# BPMN 2.0 orders the parts of a node: these stand before `incoming` and `outgoing`.
_BEFORE_ENDS = frozenset({"documentation", "extensionElements", "auditing", "monitoring"})


def connected(data: bytes) -> bytes:
    """Return the XML with `incoming` and `outgoing` written at every node, as programs that draw need them.

    Where a node has any of its own, nothing is added: its order is part of its meaning.
    """
    root = xml.load(data)
    nodes = {element.get("id"): element for element in root.iter() if xml.is_element(element)}
    ends: dict[etree._Element, list[tuple[str, str]]] = {}
    for flow in root.iter(f"{{{xml.BPMN}}}sequenceFlow"):
        for attribute, name in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            node = nodes.get(flow.get(attribute))
            if node is not None and xml.child(node, name) is None:
                ends.setdefault(node, []).append((name, str(flow.get("id"))))
    for node, found in ends.items():
        at = sum(xml.local(child) in _BEFORE_ENDS for child in node)
        for name, id_ in sorted(found):
            end = etree.Element(f"{{{xml.BPMN}}}{name}")
            end.text = id_
            node.insert(at, end)
            at += 1
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def guidance(data: bytes) -> dict[str, str]:
    """Return the documentation of every element by its id: what people are to mind (FLW-10)."""
    found = {}
    for element in xml.load(data).iter():
        above = element.getparent()
        if above is not None and xml.local(element) == "documentation":
            text = "".join(str(part) for part in element.itertext()).strip()
            if text:
                found[str(above.get("id", "")).strip()] = text
    return found
