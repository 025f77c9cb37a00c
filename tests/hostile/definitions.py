"""Diagrams that nobody means well with, by name."""

from collections.abc import Callable

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bh="http://bihuan.dev/schema/bpmn" targetNamespace="x"><process id="p" name="p">'
)
TAIL = "</process></definitions>"


def line(inner: str = "", condition: str = "") -> bytes:
    """Return start → a → b → end, with something inside the process and a condition behind a."""
    asked = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return (
        f'{HEAD}<startEvent id="s"/><userTask id="a" bh:post="x" bh:limit="1h"/><userTask id="b" bh:post="x" bh:limit="1h"/>'
        '<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>'
        f'<sequenceFlow id="f2" sourceRef="a" targetRef="b">{asked}</sequenceFlow>'
        f'<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>{inner}{TAIL}'
    ).encode()


def entity_bomb() -> bytes:
    entities = "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "lol"}'
        f'{("&l" + str(n - 1) + ";") * 9 if n else ""}">'
        for n in range(10)
    )
    return f"<!DOCTYPE definitions [{entities}]>".encode() + line(
        "<documentation>&l9;</documentation>"
    )


def external_entity() -> bytes:
    declared = '<!DOCTYPE definitions [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return declared.encode() + line("<documentation>&x;</documentation>")


def deep_xml() -> bytes:
    return line("<x>" * 50_000 + "</x>" * 50_000)


def deep_scopes() -> bytes:
    opening = "".join(f'<subProcess id="box{n}"><startEvent id="s{n}"/>' for n in range(150))
    return line(opening + "</subProcess>" * 150)


def too_large() -> bytes:
    return line(f"<documentation>{'x' * (13 * 1024 * 1024)}</documentation>")


def ten_megabytes() -> bytes:
    return line(f"<documentation>{'x' * (10 * 1024 * 1024)}</documentation>")


def many_elements() -> bytes:
    return line("".join(f'<userTask id="u{n}" bh:post="x"/>' for n in range(100_000)))


def many_joins(count: int) -> bytes:
    """Return gateways in a mesh."""
    nodes = "".join(f'<parallelGateway id="g{n}"/>' for n in range(count))
    flows = "".join(
        f'<sequenceFlow id="m{n}_{k}" sourceRef="g{n}" targetRef="g{(n * 7 + k * 13 + 1) % count}"/>'
        for n in range(count)
        for k in range(6)
    )
    return line(f'{nodes}{flows}<sequenceFlow id="in" sourceRef="a" targetRef="g0"/>')


def service_loop() -> bytes:
    return (
        f'{HEAD}<startEvent id="s"/><task id="t"/><exclusiveGateway id="x" default="d"/><endEvent id="e"/>'
        '<userTask id="a" bh:post="x" bh:limit="1h"/>'
        '<sequenceFlow id="f0" sourceRef="s" targetRef="a"/><sequenceFlow id="f1" sourceRef="a" targetRef="t"/>'
        '<sequenceFlow id="f2" sourceRef="t" targetRef="x"/>'
        '<sequenceFlow id="d" sourceRef="x" targetRef="t"/>'
        '<sequenceFlow id="f3" sourceRef="x" targetRef="e"><conditionExpression>done == 1</conditionExpression></sequenceFlow>'
        f"{TAIL}"
    ).encode()


def several(times: str) -> bytes:
    return (
        f'{HEAD}<startEvent id="s"/><userTask id="a" bh:post="x" bh:limit="1h"/>'
        f'<userTask id="m" bh:post="x" bh:limit="1h"><multiInstanceLoopCharacteristics><loopCardinality>{times}</loopCardinality></multiInstanceLoopCharacteristics></userTask>'
        '<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>'
        f'<sequenceFlow id="f2" sourceRef="a" targetRef="m"/><sequenceFlow id="f3" sourceRef="m" targetRef="e"/>{TAIL}'
    ).encode()


def timer(kind: str, text: str) -> bytes:
    return line(
        f'<boundaryEvent id="t" attachedToRef="b" cancelActivity="false"><timerEventDefinition><{kind}>{text}</{kind}>'
        '</timerEventDefinition></boundaryEvent><userTask id="late" bh:post="x" bh:limit="1h"/>'
        '<sequenceFlow id="f9" sourceRef="t" targetRef="late"/>'
    )


def calls_itself() -> bytes:
    return line(
        '<callActivity id="c" calledElement="p"/><sequenceFlow id="f8" sourceRef="a" targetRef="c"/>'
    )


def twice() -> bytes:
    return line('<userTask id="a" bh:post="x"/>')


CONDITIONS = {
    "a call of Python": "__import__('os').system('true')",
    "a dunder": "().__class__.__bases__",
    "an attribute": "a.__class__",
    "exec": "exec('x')",
    "an assignment": "a = 1",
    "a huge range": "a in [0..1000000000]",
    "a power": "9**9**9**9",
    "deep parentheses": "(" * 5000 + "a" + ")" * 5000,
    "deep negation": "not " * 3000 + "a",
    "long text": "a == '" + "x" * 100_000 + "'",
    "many ors": " or ".join(["a"] * 5000),
    "a regex bomb": "matches(a, '(a+)+$')",
    "a lambda": "(lambda: 1)()",
    "a comprehension": "[x for x in range(9)]",
    "a huge number": "a == " + "9" * 1500,
}

DIAGRAMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "an entity bomb": (entity_bomb, "DOCTYPE"),
    "an external entity": (external_entity, "DOCTYPE"),
    "XML nested deep": (deep_xml, "嵌套"),
    "sub-processes nested deep": (deep_scopes, "嵌套"),
    "more than 12 MB": (too_large, "超过"),
    "100,000 elements": (many_elements, "个元素"),
    "a mesh of joins": (lambda: many_joins(700), "并行汇合太多"),
    "a mesh of joins that can be looked through": (lambda: many_joins(140), "并行汇合"),
    "a text of 10 MB": (ten_megabytes, "超过"),
    "an endless loop of tasks": (service_loop, "停不下来"),
    "a process that calls itself": (calls_itself, "又调用本流程"),
    "an id used twice": (twice, "重复"),
    "a cycle without pause": (lambda: timer("timeCycle", "R1000000/PT0S"), "时间"),
    "a cycle of seconds": (lambda: timer("timeCycle", "R1000000/PT1S"), "间隔"),
    "a cycle for ever without pause": (lambda: timer("timeCycle", "R/PT0S"), "时间"),
    "a duration beyond time": (lambda: timer("timeDuration", "P99999999999D"), "时间"),
    "a regex bomb as time": (lambda: timer("timeDuration", "P" + "1D" * 100_000), "时间"),
    "a date without zone": (lambda: timer("timeDate", "2026-01-31T09:00:00"), "时间"),
    "a thousand million instances": (lambda: several("1000000000"), "次数"),
    "a number of instances in Python": (lambda: several("__import__('os')"), "次数"),
}
