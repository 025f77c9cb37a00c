"""Small BPMN files for tests, written as text so that lines can be counted."""

BH = "http://bihuan.dev/schema/bpmn"
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    f' xmlns:bh="{BH}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)


def drawing(body: str, attributes: str = 'id="p" name="报修"', declared: str = "") -> bytes:
    """A file with one process; the body starts on line 2."""
    return f"{HEAD}{declared}<process {attributes}>\n{body}\n</process></definitions>".encode()


def unit(id_: str, name: str = "", **rules: str) -> str:
    """A user task with a post, a form and a limit unless told otherwise."""
    written = {"post": "agent", "form": "f", "limit": "2h", **rules}
    attributes = " ".join(f'bh:{key}="{value}"' for key, value in written.items() if value)
    return f'<userTask id="{id_}" name="{name}" {attributes}/>'


def flows(*pairs: str) -> str:
    """Flows written `a>b`, or `a>b?condition`; the id is `a_b`."""
    written = []
    for pair in pairs:
        ends, _, condition = pair.partition("?")
        source, target = ends.split(">")
        inside = (
            f"<conditionExpression><![CDATA[{condition}]]></conditionExpression>"
            if condition
            else ""
        )
        written.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
            f"{inside}</sequenceFlow>"
        )
    return "\n".join(written)
