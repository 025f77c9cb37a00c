"""A designer draws, tries, publishes, compares and takes back, in a real browser (FLW-01 … FLW-10)."""

from tests.journeys import studio
from tests.journeys.conftest import PHONE
from tests.journeys.studio import DESIGNER, SECOND_DESIGNER, pick, tell

NO_DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:bh="http://bihuan.dev/schema/bpmn" xmlns:other="http://example.com/other" targetNamespace="x">
 <process id="Process_1" name="老系统流程"><startEvent id="s"/>
 <userTask id="a" name="登记" bh:post="intake" bh:limit="1h" other:colour="red"/>
 <complexGateway id="wait" name="几路汇合"/><endEvent id="e"/>
 <sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="wait"/>
 <sequenceFlow id="f3" sourceRef="wait" targetRef="e"/></process></definitions>"""


def drawn(open_page, code: str):
    """Draw 申请 → 会签 with a limit for both; return the desk and the id of the second unit."""
    desk = open_page(DESIGNER)
    page = studio.begin(desk, "process", code, "设备领用审批")
    pick(page, "first")
    tell(page, name="申请", post="intake", limit="30m")
    second = studio.place(page, "UserTask", "to_end")
    tell(page, name="会签", post="reviewer", limit="1wd")
    page.click("[role=tab]:has-text('多人')")
    page.click("label:has-text('会签：人人都办')")
    tell(page, cardinality="2")
    studio.pick_nothing(page)
    page.click("[data-add-group]")
    tell(page, group_name="审批组", group_limit="2wd")
    for unit in ("申请", "会签"):
        page.click(f"[data-group] label:has-text('{unit}')")
    studio.wait_until_right(page)
    return desk, second


def test_a_process_is_drawn_tried_published_changed_and_compared(open_page):
    desk, second = drawn(open_page, "requisition")
    page = desk.page
    assert page.locator("[data-words=group-limit]").inner_text() == "2 个工作日"
    assert page.locator(".group-badge").count() == 2
    page.keyboard.press("Control+s")
    page.wait_for_selector("[data-saved]:has-text('刚刚保存')")
    desk.picture("studio-draft")

    page.click("[data-trial]")
    page.click(".trial-unit[data-unit=first] button")
    token = f".djs-overlays[data-container-id='{second}'] .token-badge:has-text('2')"
    page.wait_for_selector(token)
    desk.picture("studio-trial")
    for left in (1, 0):
        page.locator(f".trial-unit[data-unit={second}] button").first.click()
        page.wait_for_function(
            "([unit, left]) => document.querySelectorAll(`.trial-unit[data-unit='${unit}']`).length === left",
            arg=[second, left],
        )
    page.wait_for_selector(".trial .tag:has-text('走到头了')")
    page.click("[data-trial-stop]")

    studio.publish(page, "新开设备领用审批")
    assert "新开设备领用审批" in page.locator(".ver.on").inner_text()

    studio.change(page)
    pick(page, "first")
    tell(page, limit="1h")
    studio.wait_until_right(page)
    studio.publish(page, "申请的时限放宽")
    assert [one.inner_text() for one in page.locator(".ver .b").all()] == ["v2", "v1"]

    page.click(".versions .hd a:has-text('对比')")
    page.wait_for_selector(studio.READY)
    row = page.locator("tr[data-element=first]").inner_text()
    assert "修改" in row
    assert "30 分" in row
    assert "1 工时" in row
    assert page.locator("[data-after] .djs-shape.is-changed").count() == 1
    desk.picture("studio-compare")
    assert desk.errors == []


def test_an_earlier_version_is_put_back_and_a_version_retired(open_page):
    desk, _ = drawn(open_page, "loan")
    page = desk.page
    studio.publish(page, "新开借用审批")
    studio.change(page)
    pick(page, "first")
    tell(page, limit="2h")
    studio.publish(page, "时限改为两小时")

    page.locator(".ver:has-text('v1') button:has-text('恢复')").click()
    page.fill("#dialog [name=reason]", "两小时来不及")
    page.click("#dialog [data-submit]")
    page.wait_for_selector(".ver.on:has-text('v3')")
    assert "两小时来不及" in page.locator(".ver.on").inner_text()

    page.locator(".ver.on button:has-text('停用')").click()
    page.fill("#dialog [name=reason]", "借用并入领用")
    page.click("#dialog [data-submit]")
    page.wait_for_selector(".bh-head .tag:has-text('停用')")
    assert desk.errors == []


def test_two_who_save_the_same_draft_are_shown_both(open_page):
    desk, _ = drawn(open_page, "purchase")
    page = desk.page
    page.keyboard.press("Control+s")
    page.wait_for_selector("[data-saved]:has-text('刚刚保存')")
    other = open_page(SECOND_DESIGNER).go(page.url.removeprefix(desk.service.url))
    other.page.wait_for_selector(studio.READY)
    pick(other.page, "first")
    tell(other.page, limit="3h")
    other.page.click("[data-save]")
    other.page.wait_for_selector("[data-saved]:has-text('刚刚保存')")

    pick(page, "first")
    tell(page, limit="4h")
    page.click("[data-save]")
    page.wait_for_selector("#conflict .djs-shape.is-changed")
    assert "高远 刚保存过" in page.locator("#conflict h2").inner_text()
    assert "3 工时" in page.locator("#conflict table").inner_text()
    desk.picture("studio-conflict")
    page.click("[data-keep-mine]")
    page.wait_for_selector("[data-saved]:has-text('刚刚保存')")

    other.page.reload()
    other.page.wait_for_selector(studio.READY)
    pick(other.page, "first")
    assert other.page.locator("[data-panel] [name=limit]").input_value() == "4h"


def test_a_file_without_a_drawing_is_laid_out_and_says_what_cannot_run(open_page, tmp_path):
    path = tmp_path / "old.bpmn"
    path.write_text(NO_DIAGRAM, "utf-8")
    desk = open_page(DESIGNER)
    page = studio.begin(desk, "process", "legacy", "老系统流程", str(path))

    page.wait_for_selector("[data-problem=wait]:has-text('complexGateway')")
    page.click("[data-problem=wait] button")
    page.wait_for_selector("[data-panel] .hd:has-text('wait')")
    desk.picture("studio-import")
    page.click("[data-publish]")
    page.fill("#dialog [name=reason]", "试一试能不能发布")
    page.click("#dialog [data-submit]")
    page.wait_for_selector("#dialog [role=alert]")

    exported = page.request.get(page.url + "export/").text()
    assert 'other:colour="red"' in exported
    assert '<bpmn:process id="legacy"' in exported or '<process id="legacy"' in exported


def test_a_diagram_of_three_hundred_elements_is_imported_and_opened(open_page, tmp_path):
    path = tmp_path / "long.bpmn"
    path.write_text(studio.long_diagram(149), "utf-8")
    desk = open_page(DESIGNER)

    page = studio.begin(desk, "process", "long", "长流程", str(path))

    assert page.locator(".djs-shape[data-element-id^=u]").count() == 149
    assert page.locator(".unit-badge").count() == 149
    assert desk.errors == []


def test_unsaved_changes_are_there_when_the_page_is_opened_again(open_page):
    desk, _ = drawn(open_page, "shelf")
    page = desk.page
    pick(page, "first")
    tell(page, limit="6h")
    page.wait_for_function(
        "() => Object.entries(localStorage)"
        ".some(([name, kept]) => name.startsWith('bh.studio.') && kept.includes('6h'))"
    )
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.wait_for_selector(studio.READY)

    pick(page, "first")

    assert page.locator("[data-panel] [name=limit]").input_value() == "6h"


def test_a_decision_table_shows_which_row_fires_and_is_tried_row_by_row(open_page):
    desk = open_page(DESIGNER)
    page = studio.begin(desk, "decision", "discount", "折扣")
    head = page.locator("thead th").nth(1)
    head.locator("[aria-label=条件]").fill("数量")
    head.locator("[aria-label=类型]").select_option("number")
    page.click("button:has-text('行')")
    rows = page.locator("[data-rows] tr")
    rows.nth(1).locator("[aria-label='数量怎么比']").select_option("ge")
    rows.nth(1).locator(".cell input").fill("10")
    rows.nth(1).locator(".out input").fill("九折")
    rows.nth(1).locator(".out input").press("Tab")
    page.wait_for_selector("[data-problems]:has-text('永远轮不到')")
    desk.picture("table-problem")

    rows.nth(1).locator("[aria-label=上移]").click()
    page.wait_for_selector("[data-counts]:has-text('2 行都对')")
    page.fill("[name=try-input1]", "12")
    page.locator("[name=try-input1]").press("Tab")
    page.wait_for_selector("[data-fired]:has-text('第 1 行')")
    assert page.locator("tr.fires").get_attribute("data-line") == "1"
    desk.picture("table")
    studio.publish(page, "老客户折扣")
    assert desk.errors == []


def test_the_unit_guide_fits_a_phone(open_page):
    desk = open_page("zhouli", size=PHONE).go("/guides/")
    desk.page.click("a:has-text('办理员')")

    desk.page.wait_for_selector(".unit-guide")
    desk.picture("guide-phone")
    text = desk.page.locator(".bh-page").inner_text()
    assert "整单共限 5 个工作日" in text
    wider = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0


def test_who_does_not_design_is_not_let_in(open_page):
    page = open_page("zhouli").go("/studio/").page

    assert "没有这项权限" in page.locator("body").inner_text()
    assert page.locator(".bh-rail a:has-text('流程')").count() == 0
