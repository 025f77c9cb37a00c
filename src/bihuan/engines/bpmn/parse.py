"""Read BPMN 2.0 XML into frozen processes. Nothing is dropped silently.

What the engine cannot run is listed in `Document.unsupported`; what is wrong or was guessed is
listed in `Document.problems`. Files as other tools write them are welcome: any namespace prefix,
flows before nodes, missing flow ids, ids padded with blanks, no `incoming`/`outgoing`, no diagram,
several processes, references to undeclared errors, foreign attributes and elements.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from lxml import etree

from bihuan.engines.bpmn import elements, foreign, xml
from bihuan.engines.bpmn.document import Document, Problem, label
from bihuan.engines.bpmn.model import Flow, LimitGroup, Node, Process


def read(data: bytes, verbs: Collection[str] | None = None) -> Document:
    """Return what the file says, or raise `Unreadable` if it is not BPMN XML at all.

    `verbs` are the registered service-task actions. Without them only a service task bound to no
    `bh:verb` at all is reported as `unknownVerb`.
    """
    root = xml.load(data)
    name_elements(root)
    reading = elements.Reading(
        references=elements.references_of(root), verbs=verbs, lines=_lines(root)
    )
    processes = [
        _ProcessReader(element, reading).read() for element in xml.children(root, "process")
    ]
    if not processes:
        reading.problems.append(Problem("文件里没有流程", "加上一个 process 元素"))
    return Document(
        xml=data,
        processes=processes,
        unsupported=reading.unsupported,
        problems=reading.problems,
        counts=Counter(name for name in map(xml.local, root.iter()) if name),
        lines=reading.lines,
        diagram=xml.diagram_of(root),
    )


def name_elements(root: etree._Element) -> None:
    """Give every process, node and flow without id one made from its kind and place in the file."""
    taken = {xml.attribute(element, "id") for element in root.iter() if xml.is_element(element)}
    numbers: Counter[str] = Counter()
    for element in root.iter():
        kind = xml.local(element)
        if (kind in elements.NAMED or kind in elements.NODE_KINDS) and not xml.attribute(
            element, "id"
        ):
            kind = "flow" if kind == "sequenceFlow" else kind
            number = numbers[kind] + 1
            while f"{kind}_{number}" in taken:
                number += 1
            numbers[kind] = number
            element.set("id", f"{kind}_{number}")


def _lines(root: etree._Element) -> dict[str, int]:
    return {
        xml.attribute(element, "id"): xml.line(element)
        for element in root.iter()
        if xml.is_element(element)
        and element.get("id")
        and not str(element.tag).startswith(f"{{{xml.BPMNDI}}}")
    }


class _ProcessReader:
    """Reads one `process` element; collects nodes of every level into one flat table."""

    def __init__(self, element: etree._Element, reading: elements.Reading) -> None:
        self.element = element
        self.reading = reading
        self.key = xml.attribute(element, "id")
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, Flow] = {}

    def read(self) -> Process:
        self._note_foreign(self.element, self.key)
        self._read_scope(self.element, "")
        self._connect()
        self._apply_lanes()
        self._check_references()
        return Process(
            key=self.key,
            name=xml.attribute(self.element, "name"),
            nodes=self.nodes,
            flows=self.flows,
            limit_groups=tuple(_limit_groups(self.element)),
        )

    # ---------------------------------------------------------------- nodes and flows

    def _read_scope(self, parent: etree._Element, scope: str) -> None:
        for element in xml.children(parent):
            name = xml.local(element)
            if name == "sequenceFlow":
                self._read_flow(element)
            elif name in elements.NODE_KINDS or name in elements.SCOPES:
                self._read_node(element, scope)
            elif name not in elements.IGNORABLE:
                self.reading.report(element, name, xml.attribute(element, "id"))

    def _read_node(self, element: etree._Element, scope: str) -> None:
        name = xml.local(element)
        id_ = xml.attribute(element, "id")
        if id_ in self.nodes:
            self._problem(f"编号 {id_} 重复", "给每个元素不同的 id", id_, xml.line(element))
            return
        self.nodes[id_] = elements.node(element, id_, scope, self.reading)
        self._note_foreign(element, id_)
        if name in elements.SCOPES:
            self._read_scope(element, id_)

    def _read_flow(self, element: etree._Element) -> None:
        id_ = xml.attribute(element, "id")
        if id_ in self.flows:
            self._problem(f"连线编号 {id_} 重复", "给每条连线不同的 id", id_, xml.line(element))
            return
        self._note_foreign(element, id_)
        self.flows[id_] = Flow(
            id=id_,
            source=xml.attribute(element, "sourceRef"),
            target=xml.attribute(element, "targetRef"),
            condition=xml.text(xml.child(element, "conditionExpression")),
        )

    def _note_foreign(self, element: etree._Element, id_: str) -> None:
        found = foreign.unused(element, id_)
        if found is not None:
            self.reading.problems.append(found)

    # ---------------------------------------------------------------- putting together

    def _connect(self) -> None:
        for flow in list(self.flows.values()):
            if not self._connects(flow):
                del self.flows[flow.id]
        incoming: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        outgoing: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        for flow in self.flows.values():
            outgoing[flow.source].append(flow.id)
            incoming[flow.target].append(flow.id)
        self.nodes = {
            id_: replace(node, incoming=tuple(incoming[id_]), outgoing=tuple(outgoing[id_]))
            for id_, node in self.nodes.items()
        }

    def _connects(self, flow: Flow) -> bool:
        ends = [self.nodes.get(end) for end in (flow.source, flow.target)]
        if None in ends:
            self._report_dangling(flow)
            return False
        if len({node.scope for node in ends if node is not None}) > 1:
            self._problem(
                f"连线{label(flow.id, '')}跨过了子流程的边界",
                "连线两端放在同一层；出子流程用结束事件或边界事件",
                flow.id,
            )
            return False
        return True

    def _report_dangling(self, flow: Flow) -> None:
        for end, side in ((flow.source, "起点"), (flow.target, "终点")):
            if end not in self.nodes and end not in self.reading.reported:
                named = f" {end} " if end else ""
                self._problem(
                    f"连线{label(flow.id, '')}的{side}{named}不存在",
                    "把连线接到已有的环节",
                    flow.id,
                )

    def _apply_lanes(self) -> None:
        """Give a user task without post the post of the lane it, or a scope around it, lies in."""
        posts: dict[str, str] = {}
        for lane in self.element.iter(f"{{{xml.BPMN}}}lane"):
            post = xml.bh(lane, "post") or xml.attribute(lane, "id")
            for reference in xml.children(lane, "flowNodeRef"):
                posts[xml.text(reference)] = post
        for node in list(self.nodes.values()):
            if node.unit and not node.unit.post:
                unit = replace(node.unit, post=self._lane_post(node, posts))
                self.nodes[node.id] = replace(node, unit=unit)

    def _lane_post(self, node: Node, posts: dict[str, str]) -> str:
        while node.id not in posts and node.scope:
            node = self.nodes[node.scope]
        return posts.get(node.id, "")

    def _check_references(self) -> None:
        for node in self.nodes.values():
            if node.attached_to and node.attached_to not in self.nodes:
                self._problem(
                    f"边界事件{label(node.id, node.name)}所在的活动 {node.attached_to} 不存在",
                    "把 attachedToRef 改为已有活动的 id",
                    node.id,
                )
            if node.default and node.default not in node.outgoing:
                self._problem(
                    f"{label(node.id, node.name)}的默认连线 {node.default} 不是它的出线",
                    "把 default 改为它的一条出线的 id",
                    node.id,
                )

    def _problem(self, message: str, remedy: str, id_: str, line: int = 0) -> None:
        line = line or self.reading.lines.get(id_, 0)
        self.reading.problems.append(Problem(message.strip(), remedy, id_, line))


def _limit_groups(process: etree._Element) -> list[LimitGroup]:
    default = xml.bh(process, "calendar")
    return [
        LimitGroup(
            id=group.get("id", f"group_{number}").strip(),
            name=group.get("name", "").strip(),
            limit=group.get("limit", "").strip(),
            units=tuple(elements.words(group.get("units", ""))),
            calendar=group.get("calendar", default).strip(),
            warn_at=tuple(elements.words(group.get("warnAt", ""))),
        )
        for number, group in enumerate(xml.extensions(process, "limitGroup"), start=1)
    ]
