"""What other engines would do that this one does not: listeners, mappings, assignments in their own words.

It stays in the file and is exported again, but has no effect here. Whoever brings the file in is told, so that
nothing goes missing unnoticed; it forbids nothing.
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from bihuan.engines.bpmn import xml
from bihuan.engines.bpmn.document import Problem, Severity, label

# Attributes of other engines that change what happens; the rest is how their designers draw.
ACTING: Final = frozenset(
    {
        "assignee", "candidateUsers", "candidateGroups", "owner", "actorId", "groupId", "dueDate", "followUpDate",
        "skipExpression", "initiator", "formKey", "formRef", "category", "priority", "async", "asyncBefore",
        "asyncAfter", "exclusive", "isAsync", "resultVariable", "outputVariable", "variables", "cron", "jobPriority",
        "retries", "inheritVariables", "propagateAllChildVariables", "candidateStarterGroups", "candidateStarterUsers",
        "errorMessageVariable", "errorCodeVariable", "variableName", "variableEvents",
    }
)  # fmt: skip
# Elements of BPMN itself that are read past: who does it and what goes in and out is said in other ways here.
UNUSED: Final = frozenset(
    {
        "potentialOwner", "humanPerformer", "performer", "resourceRole", "dataInputAssociation",
        "dataOutputAssociation", "loopDataOutputRef", "outputDataItem", "complexBehaviorDefinition",
        "correlationSubscription",
    }
)  # fmt: skip
_KNOWN: Final = frozenset({xml.BPMN, xml.BPMNDI, xml.BH, ""})
# Written by designers for themselves.
_HARMLESS: Final = frozenset({"metaData", "metadata", "properties", "property", "color", "colors"})


def unused(element: etree._Element, id_: str) -> Problem | None:
    """Return the warning that an element's foreign parts have no effect, None when it has none."""
    found = list(dict.fromkeys([*_extensions(element), *_attributes(element), *_parts(element)]))
    if not found:
        return None
    shown = "、".join(found[:6]) + ("等" if len(found) > 6 else "")
    named = label(id_, xml.attribute(element, "name"))
    return Problem(
        message=f"{named}里的 {shown} 是其他引擎的写法，在这里不起作用",
        remedy="按需要改用 bh: 属性（岗位、表单、限时、动作）写明；原文会保留在文件里",
        element=id_,
        line=xml.line(element),
        severity=Severity.WARNING,
    )


def _extensions(element: etree._Element) -> Iterator[str]:
    box = xml.child(element, "extensionElements")
    for extension in box if box is not None else ():
        if not xml.is_element(extension):
            continue
        name = etree.QName(extension)
        if (name.namespace or "") not in _KNOWN and name.localname not in _HARMLESS:
            yield name.localname


def _attributes(element: etree._Element) -> Iterator[str]:
    for key in element.attrib:
        name = etree.QName(key)
        is_foreign = (name.namespace or "") not in _KNOWN
        if is_foreign and name.localname in ACTING:
            yield name.localname


def _parts(element: etree._Element) -> Iterator[str]:
    for part in xml.children(element):
        name = xml.local(part)
        if name in UNUSED:
            yield name
        elif name == "multiInstanceLoopCharacteristics":
            yield from _parts(part)
