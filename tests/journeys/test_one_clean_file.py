"""A messy workbook becomes customers: lines repaired, doubles decided about, a merge undone, in the browser (CUS-01)."""

from openpyxl import Workbook

from tests.journeys.conftest import PHONE, settle

ARCHIVIST = "fangqin"
HEADING = ("客户编号", "客户名称", "联系电话", "身份证号", "地址", "行业")
ROWS = (
    ("二〇二六年十一月客户清单（内部）",),
    (),
    HEADING,
    (
        "M001",
        "万俟晓岚",
        "138 1234 2046",
        "110101197503073033",
        "杭州市西湖区文三路90号2幢301室",
        "餐饮",
    ),
    ("M002", "梁文彬", 13612349052, "", "浙江省杭州市滨江区江南大道1号5幢202室", "物流"),
    ("M003", "赵敏芝", "138123420", "", "", ""),
    ("M004", "钱多福", "13712349052", "110101197503073030", "", ""),
    ("M005", "测试", "13612340872", "", "", ""),
)
CALLS = "客户号\t姓名\t手机\t行业\r\nC-88\t万俟小岚\t13812342046\t物流\r\nC-89\t梁文彬\t13612349052\t\r\n"


def messy(folder):
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(folder / "客户清单.xlsx")
    (folder / "来电.csv").write_bytes(CALLS.encode("gb18030"))
    return folder / "客户清单.xlsx", folder / "来电.csv"


def take_in(desk, file, source):
    page = desk.go("/customers/imports/").page
    page.set_input_files("#f-file", file)
    page.fill("#f-source", source)
    page.click("button:has-text('上传')")
    page.click("button:has-text('开始导入')")
    page.locator("b:has-text('已导入')").wait_for()


def repair(page, line, column, value):
    form = page.locator(f".imp-line:has(b:text-is('第 {line} 行'))")
    form.get_by_label(column).fill(value)
    form.locator("button:has-text('收入')").click()
    settle(page)


def field(page, title):
    return page.locator(f".gr:has(> span:text-is('{title}'))").first


def part_again(page, why):
    page.click("#merges button:has-text('撤销')")
    page.click("label:has-text('不是同一客户')")
    page.fill("#f-reason", why)
    page.click("#dialog [data-submit]")


def test_a_messy_workbook_becomes_one_clean_file(open_page, tmp_path):
    workbook, calls = messy(tmp_path)
    desk = open_page(ARCHIVIST)
    page = desk.page
    take_in(desk, workbook, "营销系统")
    page.locator("span:has-text('新客户') b:text-is('2')").wait_for()
    desk.picture("import-bad-lines")
    repair(page, 6, "联系电话", "1381")
    page.locator(".imp-line .err").first.wait_for()
    repair(page, 6, "联系电话", "13812343377")
    repair(page, 7, "身份证号", "110101197503073033")
    page.locator("span:has-text('待修正') b:text-is('1')").wait_for()
    repair(page, 8, "客户名称", "何秀英")
    page.locator("span:has-text('待修正') b:text-is('0')").wait_for()

    take_in(desk, calls, "呼叫中心")
    page.locator("span:has-text('并入已有档案') b:text-is('1')").wait_for()

    desk.go("/customers/?q=wqxl")
    page.click("a:has-text('万俟晓岚')")
    page.locator(".note:has-text('可能还有一份档案')").wait_for()
    address = page.url
    page.click(".note a:has-text('万俟小岚')")
    page.locator("tr.same:has-text('电话')").wait_for()
    desk.picture("pair")
    page.keyboard.press("m")
    page.locator("[role=status]:has-text('已合并')").wait_for()

    page.goto(address)
    page.locator("#merges:has-text('万俟小岚')").wait_for()
    assert field(page, "行业").locator("summary").inner_text() == "2 个值"
    desk.picture("customer-merged")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    desk.picture("customer-merged-phone")
    page.set_viewport_size({"width": 1440, "height": 900})

    part_again(page, "两位亲姐妹，各有各的档案")
    page.locator("#merges .tag:has-text('已撤销')").wait_for()
    assert field(page, "行业").locator("summary").count() == 0
    assert "餐饮" in field(page, "行业").inner_text()
    desk.go("/customers/?q=万俟小岚")
    page.locator("td a:has-text('万俟小岚')").wait_for()
    # A refused form is an error to the browser, and so is what its own pictures inject.
    assert [one for one in desk.errors if "422" not in one and "inline style" not in one] == []
