"""A case goes back past a join and forward again; running ones change their version, are taken back, and end."""

from tests.journeys import paired
from tests.journeys.paired import APPLICANT, ARCHIVIST, CHECKER, FUNDS, MANAGER, PRICER
from tests.journeys.test_operations import choose, send


class Office:
    """Everybody's browser, each signed in once."""

    def __init__(self, open_page) -> None:
        self.open_page = open_page
        self.desks: dict[str, object] = {}

    def desk(self, login: str):
        """Return somebody's browser."""
        if login not in self.desks:
            self.desks[login] = self.open_page(login)
        return self.desks[login]

    def at(self, login: str, number: str):
        """Open a case and take its unit if nobody has it."""
        desk = self.desk(login).go(f"/cases/{number}/")
        desk.page.locator(".dock").wait_for()
        if desk.page.locator("button:has-text('取单办理')").count():
            desk.page.click("button:has-text('取单办理')")
        desk.page.locator("#unit-form [data-save]").wait_for()
        return desk

    def submit(self, login: str, number: str) -> None:
        """Pass a unit without a form on."""
        page = self.at(login, number).page
        page.keyboard.press("Control+Enter")
        page.locator(".toast-x:has-text('已提交')").wait_for()

    def open_units(self, number: str) -> list[str]:
        """Return the names of the units that are open, from the page of the flow."""
        page = self.desk(CHECKER).go(f"/cases/{number}/flow/").page
        page.locator(".strip .us").wait_for()
        found = page.locator(".strip li.cur .nm").all_inner_texts()
        return sorted(name.partition(" · ")[0] for name in found)


def option(page, name: str, label: str) -> str:
    """Return the value of the option that begins so."""
    found = page.locator(f"select[name={name}] option")
    return next(
        one.get_attribute("value") for one in found.all() if one.inner_text().startswith(label)
    )


def choose_versions(page) -> None:
    """Choose the process, from which version and to which; each choice asks for the page anew."""
    for name, label in (("key", "报价审批"), ("from", "第 1 版"), ("to", "第 2 版")):
        page.locator(f"select[name={name}]").select_option(value=option(page, name, label))
        page.locator(f".fchip.on select[name={name}]").wait_for()


def test_back_past_a_join_then_to_another_version_and_back(open_page, service, tmp_path):
    paired.install(service, tmp_path, "1.0.0", with_filing=True)
    office = Office(open_page)
    manager = office.desk(MANAGER)
    returned, filed = paired.open_cases(manager, service, "三号楼外窗报价", "七号楼外窗报价")
    for number in (returned, filed):
        for login in (APPLICANT, PRICER, FUNDS):
            office.submit(login, number)

    # Back past the join to one of its branches: the other one stays done.
    desk = office.at(CHECKER, returned)
    choose(desk.page, "退回")
    desk.page.select_option("#dialog [name=to]", label="验资")
    desk.page.locator("[name=choice][value=处理不到位]").check()
    desk.page.fill("#f-reason", "验资用的是上个月的余额")
    desk.picture("return-past-a-join")
    send(desk.page)
    assert office.open_units(returned) == ["验资"]
    office.submit(FUNDS, returned)
    assert office.open_units(returned) == ["复核"]
    office.submit(CHECKER, filed)
    assert office.open_units(filed) == ["存档"]

    # The next version has no 存档: the trial says who can be moved, and nothing moves.
    paired.install(service, tmp_path, "1.1.0", with_filing=False)
    page = manager.go("/migrations/").page
    choose_versions(page)
    page.fill("#reason", "存档并入复核")
    page.click("button:has-text('试迁')")
    page.locator("#trial-counts:text-is('可迁 1 单，不迁 1 单')").wait_for()
    assert "没有对应的图元" in page.locator(f"#trial tr:has-text('{filed}')").inner_text()
    manager.picture("migration-trial")

    page.click("button:has-text('正式迁移')")
    page.locator("#progress:has-text('已办完')").wait_for()
    assert "已迁" in page.locator(f"tr:has-text('{returned}')").inner_text()
    manager.picture("migration-batch")

    # Who stayed ends under the old version, unharmed; taken back, the other one has its 存档 again.
    office.submit(ARCHIVIST, filed)
    assert office.open_units(filed) == []
    page.click("button:has-text('撤销这次迁移')")
    page.locator("#dialog [name=choice][value=新版本有误]").check()
    page.fill("#dialog #f-reason", "档案室还需要单独存档")
    page.keyboard.press("Control+Enter")
    page.locator("h1:has-text('第 2 版 → 第 1 版')").wait_for()
    page.locator("#progress:has-text('已迁 1 单，不迁 0 单')").wait_for()
    office.submit(CHECKER, returned)
    assert office.open_units(returned) == ["存档"]
    assert manager.errors == []
