"""Read one flow node: its kind, its rules, its trigger, its loop; report what is outside the subset."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree

from bihuan.engines.bpmn import xml
from bihuan.engines.bpmn.document import Problem, Unsupported, label
from bihuan.engines.bpmn.model import (
    PRIORITIES,
    Event,
    EventKind,
    MultiInstance,
    Node,
    NodeKind,
    UnitRules,
)

# Elements read as nodes. Those outside the subset are kept as the nearest kind, and reported.
NODE_KINDS = {kind.value: kind for kind in NodeKind}
SCOPES = {
    "subProcess": NodeKind.SUB_PROCESS,
    "transaction": NodeKind.SUB_PROCESS,
    "adHocSubProcess": NodeKind.SUB_PROCESS,
}
# Elements that get an id when the file gives them none, besides nodes.
NAMED = frozenset({"process", "sequenceFlow", "complexGateway", *SCOPES})
# The vocabulary knows these, the engine does not run them yet.
LATER = frozenset({"transaction", "adHocSubProcess"})
MULTIPLE = frozenset({"userTask", "subProcess", "callActivity", "transaction", "adHocSubProcess"})
VERB_KINDS = frozenset({"serviceTask", "sendTask", "scriptTask", "businessRuleTask"})

IGNORABLE = frozenset(
    {
        "documentation",
        "extensionElements",
        "laneSet",
        "incoming",
        "outgoing",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "textAnnotation",
        "association",
        "group",
        "ioSpecification",
        "property",
        "auditing",
        "monitoring",
        "supports",
        "correlationSubscription",
        "artifact",
        "dataInputAssociation",
        "dataOutputAssociation",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "potentialOwner",
        "humanPerformer",
        "performer",
        "resourceRole",
        "completionCondition",
        "rendering",
    }
)

RUNNABLE_EVENTS = {
    "startEvent": {EventKind.NONE, EventKind.TIMER, EventKind.MESSAGE},
    "endEvent": {
        *(EventKind.NONE, EventKind.TERMINATE, EventKind.ERROR, EventKind.ESCALATION),
        *(EventKind.MESSAGE, EventKind.SIGNAL),
    },
    "boundaryEvent": {
        *(EventKind.TIMER, EventKind.ERROR, EventKind.ESCALATION),
        *(EventKind.MESSAGE, EventKind.SIGNAL),
    },
    "intermediateCatchEvent": {EventKind.TIMER, EventKind.MESSAGE, EventKind.SIGNAL},
    "intermediateThrowEvent": {
        *(EventKind.NONE, EventKind.ESCALATION, EventKind.MESSAGE, EventKind.SIGNAL),
    },
}
# What waits for or throws these is nothing without their name.
NAMED_EVENTS = frozenset({EventKind.MESSAGE, EventKind.SIGNAL})
EVENT_KINDS = {kind.value: kind for kind in EventKind if kind}
TIMERS = {"timeDuration": "duration", "timeCycle": "cycle", "timeDate": "date"}
OUTSIDE_ATTRIBUTES = {
    "eventBasedGateway": (("instantiate", "instantiate"), ("eventGatewayType", "eventGatewayType")),
    "receiveTask": (("instantiate", "instantiate"),),
}
VENDOR_BINDINGS = ("delegateExpression", "class", "expression", "topic", "type", "decisionRef")
WRAPPED_NAME = re.compile(r"[$#]\{\s*([A-Za-z_]\w*)\s*\}")


@dataclass(slots=True)
class Reading:
    """What is gathered while one file is read."""

    references: Mapping[str, str]
    verbs: Collection[str] | None = None
    unsupported: list[Unsupported] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)

    def report(self, element: etree._Element, kind: str, id_: str, detail: str = "") -> None:
        """Note that an element is outside the subset."""
        name = xml.attribute(element, "name")
        self.reported.add(id_)
        self.unsupported.append(Unsupported(id_, kind, detail, name, xml.line(element)))


def words(value: str) -> list[str]:
    """Split a list written with commas, blanks, or both."""
    return [word for word in re.split(r"[,，\s]+", value) if word]


def references_of(root: etree._Element) -> dict[str, str]:
    """Map the ids of declared errors and escalations to their codes, of messages and signals to their names.

    What has no code or name has its id.
    """
    said = {
        "error": "errorCode",
        "escalation": "escalationCode",
        "message": "name",
        "signal": "name",
    }
    return {
        xml.attribute(element, "id"): xml.attribute(element, attribute)
        or xml.attribute(element, "id")
        for kind, attribute in said.items()
        for element in xml.children(root, kind)
    }


def node(element: etree._Element, id_: str, scope: str, reading: Reading) -> Node:
    """Return the node an element stands for; `incoming` and `outgoing` are filled in later."""
    name = xml.local(element)
    _report_outside(element, name, id_, reading)
    return Node(
        id=id_,
        kind=SCOPES.get(name) or NODE_KINDS[name],
        name=xml.attribute(element, "name"),
        scope=scope,
        default=xml.attribute(element, "default"),
        unit=_unit_rules(element, id_, reading) if name == "userTask" else None,
        verb=_verb(element, id_, reading) if name in VERB_KINDS else "",
        decision=xml.bh(element, "decision"),
        params=_params(element),
        event=_event(element, id_, reading),
        attached_to=xml.attribute(element, "attachedToRef"),
        interrupting=_interrupting(element),
        called_element=xml.attribute(element, "calledElement"),
        binding=_binding(element),
        multi=_multi(element),
    )


def _report_outside(element: etree._Element, name: str, id_: str, reading: Reading) -> None:
    if name in LATER:
        reading.report(element, name, id_)
    if xml.attribute(element, "isForCompensation") in {"true", "1"}:
        reading.report(element, "isForCompensation", id_)
    if xml.attribute(element, "triggeredByEvent") in {"true", "1"}:
        reading.report(element, "triggeredByEvent", id_)
    if xml.child(element, "standardLoopCharacteristics") is not None:
        reading.report(element, "standardLoopCharacteristics", id_)
    loop = xml.child(element, "multiInstanceLoopCharacteristics")
    if loop is not None and name not in MULTIPLE:
        reading.report(element, "multiInstanceLoopCharacteristics", id_)
    for attribute, kind in OUTSIDE_ATTRIBUTES.get(name, ()):
        if xml.attribute(element, attribute) not in {"", "false", "0", "Exclusive"}:
            reading.report(element, kind, id_)


def _binding(element: etree._Element) -> str:
    """Return `latest` or `pinned`: ours, else what another engine's words come to."""
    ours = xml.bh(element, "binding")
    if ours:
        return ours
    theirs = xml.vendor(element, "calledElementBinding")
    same = xml.vendor(element, "sameDeployment") in {"true", "1"}
    return "pinned" if same or theirs not in {"", "latest"} else "latest"


# -------------------------------------------------------------------- user tasks


def _unit_rules(element: etree._Element, id_: str, reading: Reading) -> UnitRules:
    return UnitRules(
        post=xml.bh(element, "post"),
        operators=xml.bh(element, "operators"),
        form=xml.bh(element, "form"),
        limit=xml.bh(element, "limit"),
        calendar=xml.bh(element, "calendar") or _calendar_above(element),
        warn_at=tuple(words(xml.bh(element, "warnAt"))),
        enter_if=xml.bh(element, "enterIf"),
        submit_if=xml.bh(element, "submitIf"),
        return_to=tuple(words(xml.bh(element, "returnTo"))),
        excludes=tuple(words(xml.bh(element, "excludes"))),
        unit=xml.bh(element, "unit"),
        priority=_priority(element, id_, reading),
        skip_on_overdue=xml.bh(element, "skipOnOverdue") in {"true", "1"},
        charges=xml.bh(element, "charges"),
        assignee=xml.bh(element, "assignee"),
        vote=xml.bh(element, "vote").replace(" ", ""),
    )


def _calendar_above(element: etree._Element) -> str:
    for above in element.iterancestors(f"{{{xml.BPMN}}}process", f"{{{xml.BPMN}}}subProcess"):
        calendar = xml.bh(above, "calendar")
        if calendar:
            return calendar
    return ""


def _priority(element: etree._Element, id_: str, reading: Reading) -> int:
    written = xml.bh(element, "priority")
    if written in PRIORITIES:
        return PRIORITIES[written]
    if re.fullmatch(r"[+-]?\d{1,6}", written):
        return int(written)
    if written:
        named = label(id_, xml.attribute(element, "name"))
        reading.problems.append(
            Problem(
                f"环节{named}的优先级“{written}”不是整数",
                "bh:priority 写 LOW、NORMAL、HIGH，或整数如 10",
                id_,
                xml.line(element),
            )
        )
    return 0


# -------------------------------------------------------------------- service tasks


def _verb(element: etree._Element, id_: str, reading: Reading) -> str:
    verb = xml.bh(element, "verb")
    if not verb and _sends(element):
        return ""
    if verb:
        if reading.verbs is not None and verb not in reading.verbs:
            reading.report(element, "unknownVerb", id_, verb)
    elif not xml.bh(element, "decision"):
        reading.report(element, "unknownVerb", id_, _vendor_binding(element))
    return verb


def _sends(element: etree._Element) -> bool:
    """Tell a send task that names a message, and nothing that another engine would run instead."""
    is_send = xml.local(element) == "sendTask"
    return is_send and bool(xml.attribute(element, "messageRef")) and not _vendor_binding(element)


def _vendor_binding(element: etree._Element) -> str:
    for name in VENDOR_BINDINGS:
        found = xml.vendor(element, name)
        if found:
            return found
    box = xml.child(element, "extensionElements")
    for extension in box if box is not None else ():
        if xml.is_element(extension) and extension.get("type"):
            return str(extension.get("type"))
    implementation = xml.attribute(element, "implementation")
    return "" if implementation.startswith("##") else implementation


def _params(element: etree._Element) -> dict[str, str]:
    """Return `<bh:param name="…" value="…"/>`, and the name a decision's result goes to."""
    found = {
        param.get("name", "").strip(): param.get("value", param.text or "").strip()
        for param in xml.extensions(element, "param")
    }
    result = xml.bh(element, "result")
    return {**found, "result": result} if result else found


# -------------------------------------------------------------------- events


def _event(element: etree._Element, id_: str, reading: Reading) -> Event:
    name = xml.local(element)
    if name in {"receiveTask", "sendTask"}:
        message = xml.attribute(element, "messageRef")
        return (
            Event(EventKind.MESSAGE, code=_code(message, reading.references))
            if message
            else Event()
        )
    if name not in RUNNABLE_EVENTS:
        return Event()
    definitions = [
        definition
        for definition in xml.children(element)
        if xml.local(definition).endswith("EventDefinition")
    ]
    if len(definitions) > 1:
        reading.report(element, "multipleEventDefinitions", id_)
    for reference in xml.children(element, "eventDefinitionRef"):
        reading.report(element, "eventDefinitionRef", id_, xml.text(reference))
    if not definitions:
        return _plain_event(element, name, id_, reading)
    definition = definitions[0]
    kind = EVENT_KINDS.get(xml.local(definition), EventKind.NONE)
    event = _triggered(definition, kind, reading)
    if _cannot_run(element, event):
        reading.report(element, xml.local(definition), id_)
    return event


def _cannot_run(element: etree._Element, event: Event) -> bool:
    """Tell an event outside the subset: unknown there, without a name, or a start by the calendar."""
    name = xml.local(element)
    if not event.kind or event.kind not in RUNNABLE_EVENTS[name]:
        return True
    if name == "startEvent":
        return event.timer == "cycle" or not _starts_by_trigger(element)
    return event.kind in NAMED_EVENTS and not event.code


def _starts_by_trigger(start: etree._Element) -> bool:
    """Tell a start event that may have a trigger: a process's, or that of a sub-process reported for being one."""
    above = start.getparent()
    return above is not None and (
        xml.local(above) == "process" or xml.attribute(above, "triggeredByEvent") in {"true", "1"}
    )


def _plain_event(element: etree._Element, name: str, id_: str, reading: Reading) -> Event:
    if EventKind.NONE not in RUNNABLE_EVENTS[name]:
        named = label(id_, xml.attribute(element, "name"))
        reading.problems.append(
            Problem(
                f"事件{named}没有说明等待什么",
                "给它加上定时、错误或升级定义",
                id_,
                xml.line(element),
            )
        )
    return Event()


def _triggered(definition: etree._Element, kind: EventKind, reading: Reading) -> Event:
    if kind is EventKind.TIMER:
        for written, timer in TIMERS.items():
            expression = _unquoted(xml.text(xml.child(definition, written)))
            if expression:
                return Event(kind, timer, expression)
        return Event(kind)
    reference = xml.attribute(definition, f"{xml.local(definition)[: -len('EventDefinition')]}Ref")
    return Event(kind, code=_code(reference, reading.references))


def _unquoted(text: str) -> str:
    """Return a duration without the quotes that engines with a scripting language write around it."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _code(reference: str, declared: Mapping[str, str]) -> str:
    """Return the code behind a reference; an undeclared reference is its own code."""
    plain = reference.rpartition(":")[2]
    return declared.get(reference) or declared.get(plain) or plain


def _interrupting(element: etree._Element) -> bool:
    return xml.attribute(element, "cancelActivity") not in {"false", "0"}


# -------------------------------------------------------------------- multi-instance


def _multi(element: etree._Element) -> MultiInstance | None:
    loop = xml.child(element, "multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    item = xml.child(loop, "inputDataItem")
    collection = xml.text(xml.child(loop, "loopDataInputRef")) or xml.vendor(loop, "collection")
    wrapped = WRAPPED_NAME.fullmatch(collection)
    return MultiInstance(
        sequential=xml.attribute(loop, "isSequential") in {"true", "1"},
        cardinality=xml.text(xml.child(loop, "loopCardinality")),
        collection=wrapped[1] if wrapped else collection,
        element_variable=xml.attribute(item, "name")
        if item is not None
        else xml.vendor(loop, "elementVariable"),
        completion_condition=xml.text(xml.child(loop, "completionCondition")),
    )
