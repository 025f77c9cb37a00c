"""What a designer's hands do: open, pick, place, fill in, save, publish."""

READY = "#studio[data-ready]"
DESIGNER, SECOND_DESIGNER = "yeqing", "gaoyuan"


def begin(desk, kind: str, code: str, name: str, file: str = ""):
    """Begin something new through the dialog; return its page."""
    page = desk.go(f"/studio/?kind={kind}").page
    page.click("[data-new]")
    page.select_option("#dialog [name=pack]", "hotline")
    page.fill("#dialog [name=name]", name)
    page.fill("#dialog [name=code]", code)
    if file:
        page.set_input_files("#dialog [name=file]", file)
    page.click("#dialog [data-submit]")
    page.wait_for_selector(READY)
    return page


def middle(page, element: str) -> tuple[float, float]:
    """Return where an element of the diagram is on the screen."""
    page.wait_for_timeout(400)  # two quick presses would be a double click: it edits the name
    box = page.locator(
        f".djs-element[data-element-id='{element}'] .djs-visual"
    ).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pick(page, element: str) -> None:
    """Select an element by pressing it."""
    page.mouse.click(*middle(page, element))
    page.wait_for_selector(f"[data-panel] .hd:has-text('{element}')")
    page.click("[data-panel] [role=tab]:has-text('规则')")


def pick_nothing(page) -> None:
    """Press the empty diagram: the panel then shows the process."""
    page.wait_for_timeout(400)
    box = page.locator("[data-canvas]").bounding_box()
    page.mouse.click(box["x"] + 30, box["y"] + 30)
    page.wait_for_selector("[data-panel] [name=process-name]")


def place(page, part: str, flow: str) -> str:
    """Take a part and put it on a flow; return the id of the new element."""
    x, y = middle(page, flow)
    page.click(f"[data-part-of='bpmn:{part}']")
    page.mouse.move(x, y - 40, steps=5)
    page.mouse.move(x, y, steps=5)
    page.mouse.click(x, y)
    page.wait_for_selector("[data-panel] [name=post]")
    page.keyboard.press("Escape")
    made: str = page.locator("[data-panel] .hd .mono").inner_text()
    return made


def tell(page, **values: str) -> None:
    """Fill in fields of the panel and leave the last one."""
    for name, value in values.items():
        control = page.locator(f"[data-panel] [name={name.replace('_', '-')}]")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
            control.press("Tab")


def wait_until_right(page) -> None:
    """Wait for the check that finds no error."""
    page.wait_for_selector("[data-counts]:has-text('没有错误')")


def publish(page, reason: str) -> None:
    """Publish with a reason and wait for the version in force."""
    page.click("[data-publish]")
    page.fill("#dialog [name=reason]", reason)
    page.click("#dialog [data-submit]")
    page.wait_for_selector(".bh-head .tag:has-text('运行')")
    page.wait_for_selector(READY)


def change(page) -> None:
    """Begin the next draft."""
    page.click("[data-begin]")
    page.wait_for_selector(".bh-head .tag:has-text('草稿')")
    page.wait_for_selector(READY)


def long_diagram(units: int) -> str:
    """Return a process of so many units in a row, with its drawing: 2 × units + 3 elements."""
    nodes, flows, before = [], [], "s"
    shapes = [
        f'<di:BPMNShape id="{end}_d" bpmnElement="{end}"><dc:Bounds x="100" y="{y}" width="36" height="36"/>'
        "</di:BPMNShape>"
        for end, y in (("s", 100), ("e", 160))
    ]
    for number in range(1, units + 1):
        unit, flow = f"u{number}", f"f{number}"
        x, y = 200 + number % 15 * 160, 100 + number // 15 * 140
        nodes.append(f'<userTask id="{unit}" name="环节{number}" bh:post="judge" bh:limit="1h"/>')
        flows.append(f'<sequenceFlow id="{flow}" sourceRef="{before}" targetRef="{unit}"/>')
        shapes.append(
            f'<di:BPMNShape id="{unit}_d" bpmnElement="{unit}">'
            f'<dc:Bounds x="{x}" y="{y}" width="100" height="80"/></di:BPMNShape>'
            f'<di:BPMNEdge id="{flow}_d" bpmnElement="{flow}"><dd:waypoint x="{x - 60}" y="{y + 40}"/>'
            f'<dd:waypoint x="{x}" y="{y + 40}"/></di:BPMNEdge>'
        )
        before = unit
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
        ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        ' xmlns:dd="http://www.omg.org/spec/DD/20100524/DI"'
        ' xmlns:bh="http://bihuan.dev/schema/bpmn" targetNamespace="x"><process id="long" name="长流程">'
        f'<startEvent id="s"/>{"".join(nodes)}<endEvent id="e"/>{"".join(flows)}'
        f'<sequenceFlow id="last" sourceRef="{before}" targetRef="e"/></process>'
        f'<di:BPMNDiagram id="d"><di:BPMNPlane id="p" bpmnElement="long">{"".join(shapes)}'
        "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    )
