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
        name = pointers.get(xml.local(element)) if xml.is_element(element) else None
        if name and (element.get(name) or "").strip() == old:
            element.set(name, new)
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
