"""The demo people and how each fills in their unit, as a person would."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bihuan.kit import clock
from tests.journeys.conftest import settle

INTAKE, JUDGE, DISPATCHER = "linxiao", "shenzhiyuan", "gumingyu"
HANDLER, REVIEWER, VERIFIER, ARCHIVIST = "zhouli", "sumin", "qiumin", "fangqin"
LEAD = "gaoyuan"
EVERYBODY = (
    INTAKE, JUDGE, DISPATCHER, HANDLER, REVIEWER, VERIFIER, ARCHIVIST, LEAD,
    "yeqing", "dongyuan", "guanli",
)  # fmt: skip
PHONE_NUMBER = "13912347715"


def choose(page, name: str, value: str) -> None:
    """Choose an option of a list or of radio buttons."""
    field = page.locator(f"#unit-form [name={name}]")
    if field.first.evaluate("e => e.tagName") == "SELECT":
        field.select_option(value)
    else:
        page.locator(f'#unit-form [name={name}][value="{value}"]').check()
    settle(page)


def judge(page) -> None:
    """研判: weigh it and put it into its class."""
    page.select_option("#unit-form [name=class_code]", "fault.high.area")
    for name in ("importance", "urgency", "scope"):
        choose(page, name, "2")
    choose(page, "complexity", "simple")


def dispatch(page) -> None:
    """派单: to the power station of the east gate."""
    options = page.locator("#unit-form [name=org_unit] option").all_inner_texts()
    page.select_option(
        "#unit-form [name=org_unit]", label=next(one for one in options if "东门" in one)
    )
    page.fill("[name=instruction]", "尽快到场抢修")
    choose(page, "needs_visit", "false")


def handle(page) -> None:
    """办理: what was done, and what the customer was told."""
    done = local(clock.now() - timedelta(minutes=1))
    page.fill("[name=contacted_at]", done)
    page.fill("[name=finished_at]", done)
    choose(page, "cause", "equipment")
    page.fill("[name=handling]", "更换跌落保险，已恢复供电。")
    page.fill("[name=reply]", "已修好，来电后请再看看")
    choose(page, "customer_told", "true")


def review(page) -> None:
    """审核: found to be in order."""
    choose(page, "review", "pass")
    choose(page, "attribution", "none")


def refuse(page) -> None:
    """回访: the customer does not agree to close."""
    choose(page, "consent", "refused")
    choose(page, "is_solved", "false")
    page.fill("[name=refusal_reason]", "只解释了原因，没有说明下次如何通知")


def agree(page) -> None:
    """回访: the customer agrees."""
    choose(page, "consent", "agreed")
    choose(page, "score", "5")
    choose(page, "is_solved", "true")


def archive(page) -> None:
    """办结: the papers are complete."""
    choose(page, "is_complete", "true")
    choose(page, "makes_knowledge", "false")


def local(moment: datetime) -> str:
    """Write a moment as fields take it."""
    return f"{moment.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"
