"""Safe XML: no entities, no network, limits on size and depth; and BPMN's names."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from bihuan.engines.bpmn.document import Problem, Unreadable

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
BH = "http://bihuan.dev/schema/bpmn"

MAX_BYTES = 12 * 1024 * 1024
MAX_DEPTH = 100
MAX_ELEMENTS = 5000

# Attributes whose value names other elements; XML Schema ignores blanks around such a value.
ID_ATTRIBUTES = frozenset(
    {
        "id",
        "sourceRef",
        "targetRef",
        "default",
        "attachedToRef",
        "processRef",
        "errorRef",
        "escalationRef",
        "calledElement",
        "bpmnElement",
        "dataObjectRef",
    }
)


def load(xml: bytes) -> etree._Element:
    """Return the `definitions` element, or raise `Unreadable` with a line where there is one."""
    if len(xml) > MAX_BYTES:
        size, most = len(xml) / 1024 / 1024, MAX_BYTES // 1024 // 1024
        raise Unreadable(
            Problem(f"文件有 {size:.1f} MB，超过上限 {most} MB", "把流程拆成几个文件再导入")
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        # Some tools write an empty line before the declaration, which XML forbids and others forgive.
        root = etree.fromstring(xml.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(_syntax_problem(error)) from None
    except ValueError:
        raise Unreadable(Problem("文件不是 XML", "选择 BPMN 2.0 的 XML 文件")) from None
    _refuse_foreign(root)
    _refuse_deep(root)
    _refuse_large(root)
    return root


def _syntax_problem(error: etree.XMLSyntaxError) -> Problem:
    line = error.lineno or 0
    text = str(error.msg or "")
    if "entity" in text.lower():
        return _entities(line)
    if "Resource limit" in text:
        return Problem("文件里有一段文字太长", "删去过长的文字", line=line)
    if "depth" in text.lower():
        return Problem(f"XML 嵌套超过 {MAX_DEPTH} 层", "减少子流程的嵌套", line=line)
    return Problem(f"XML 写法有误：{text}", "在所指的行改正 XML", line=line)


def _entities(line: int = 0) -> Problem:
    return Problem("文件带有 DOCTYPE 声明，不能导入", "删去 DOCTYPE 和其中的实体", line=line)


def _refuse_large(root: etree._Element) -> None:
    """Refuse what nobody could read as a drawing and every check would take minutes for."""
    count = sum(1 for element in root.iter(f"{{{BPMN}}}*") if element.get("id") is not None)
    if count > MAX_ELEMENTS:
        raise Unreadable(
            Problem(
                f"文件有 {count} 个元素，超过上限 {MAX_ELEMENTS} 个", "把流程拆成几个文件再导入"
            )
        )


def _refuse_foreign(root: etree._Element) -> None:
    docinfo: Any = root.getroottree().docinfo  # the stubs do not know `doctype`
    if docinfo.doctype:
        raise Unreadable(_entities())
    if root.tag != f"{{{BPMN}}}definitions":
        raise Unreadable(
            Problem(
                "文件不是 BPMN 2.0 流程（根元素不是 definitions）",
                "从流程设计器导出 BPMN 2.0 XML",
                line=line(root),
            )
        )


def _refuse_deep(root: etree._Element) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Unreadable(
                Problem(
                    f"XML 嵌套超过 {MAX_DEPTH} 层",
                    "减少子流程的嵌套",
                    line=line(element),
                )
            )


def line(element: etree._Element) -> int:
    """Return the line an element starts on."""
    found: Any = element.sourceline
    return int(found or 0)


def is_element(node: etree._Element) -> bool:
    """Tell an element from a comment or a processing instruction."""
    tag: Any = node.tag
    return isinstance(tag, str)


def local(element: etree._Element) -> str:
    """Return an element's local name if it is of the BPMN namespace, else ""."""
    tag = element.tag
    if is_element(element) and tag.startswith(f"{{{BPMN}}}"):
        return tag[len(BPMN) + 2 :]
    return ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the BPMN children, those with the given local names if any are given."""
    for child in element:
        name = local(child)
        if name and (not names or name in names):
            yield child


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first BPMN child with this local name."""
    return next(children(element, name), None)


def text(element: etree._Element | None) -> str:
    """Return an element's text without the blanks around it."""
    if element is None:
        return ""
    parts = [element.text] + [child.tail for child in element]
    return "".join(part for part in parts if part).strip()


def attribute(element: etree._Element, name: str) -> str:
    """Return a BPMN attribute, trimmed; attributes of the BPMN namespace itself are accepted."""
    return (element.get(name) or element.get(f"{{{BPMN}}}{name}") or "").strip()


def bh(element: etree._Element, name: str) -> str:
    """Return an attribute of our extension namespace, trimmed."""
    return element.get(f"{{{BH}}}{name}", "").strip()


def vendor(element: etree._Element, name: str) -> str:
    """Return an attribute by local name in ours, else in any other vendor's namespace."""
    ours = bh(element, name)
    if ours:
        return ours
    for key, value in element.attrib.items():
        qualified = etree.QName(key)
        if qualified.localname == name and qualified.namespace not in {None, BPMN}:
            return str(value).strip()
    return ""


def extensions(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield our extension elements with this local name."""
    box = child(element, "extensionElements")
    if box is not None:
        yield from box.iterchildren(f"{{{BH}}}{name}")


def diagram_of(root: etree._Element) -> bool:
    """Tell whether the file carries a drawing."""
    return next(root.iter(f"{{{BPMNDI}}}BPMNShape"), None) is not None
