"""What every page shows around its own content: the rail, who is signed in, the colours."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.notifications import queries as notices
from bihuan.kit import clock
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.phrases import moment

THEME_COOKIE: Final = "bihuan_theme"
COOKIE: Final[Mapping[str, Any]] = {"samesite": "Lax", "httponly": True}
THEMES: Final = (
    ("auto", "跟随系统", "device-desktop"),
    ("light", "浅色", "sun"),
    ("dark", "深色", "moon"),
)
KEYS: Final = (
    ("/", "搜索"),
    ("?", "全部快捷键"),
    ("J K", "上下"),
    ("↵", "打开"),
    ("X", "选择"),
    ("[ ]", "翻页"),
    ("F", "筛选"),
    ("I", "上下文"),
    ("G", "取单"),
    ("O", "更多操作"),
    ("D", "督办"),
    ("M", "并入"),
    ("N", "新建受理"),
    ("C", "客户"),
    ("D", "写督办"),
    ("U", "催办"),
    ("Ctrl ↵", "提交"),
    ("Ctrl S", "暂存"),
    ("Esc", "关闭"),
    ("Alt 1–3", "受理三段"),
    ("A", "采用系统推荐的分类"),
    ("M", "补充到疑似重复的工单"),
)
ACCOUNT_PAGES: Final = (
    ("消息", "notices", "bell"),
    ("督办与升级", "orders", "eye-check"),
    ("抄送我的", "copies", "mail-forward"),
    ("待发与未发信件", "letters", "mail-pause"),
    ("延期审批", "extensions", "clock-check"),
    ("价目表", "prices", "receipt"),
    ("流程版本迁移", "migrations", "transform"),
    ("工作日历", "calendars", "calendar-cog"),
    ("提醒设置", "preferences", "adjustments"),
    ("我的休假", "leaves", "beach"),
    ("岗位作业指导", "guides", "book-2"),
    ("登录记录", "sessions", "devices"),
    ("修改密码", "change-password", "lock"),
)


NEEDED: Final = {
    "extensions": "unit.extend",
    "letters": "case.view",
    "prices": "case.view",
    "migrations": "process.migrate",
    "calendars": "org.manage",
}
AT_THE_WORKBENCH: Final = frozenset({"case", "case-original", "case-loop"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in the rail."""

    title: str
    name: str
    sign: str
    key: str = ""
    verb: str = ""


RAIL: Final = (
    Entry("工作台", "workbench", "inbox"),
    Entry("受理", "intake", "phone-plus", key="n", verb="case.open"),
    Entry("督办", "command", "broadcast", verb="case.supervise"),
    Entry("工单", "cases", "list-details", verb="case.view"),
    Entry("客户", "customers", "users", verb="customer.view"),
    Entry("洞察", "insight", "route", verb="report.view"),
    Entry("流程", "studio", "sitemap", verb="process.design"),
    Entry("案例", "studies", "books", verb="case.view"),
)


def chosen_theme(request: HttpRequest) -> str:
    """Return the theme kept in the cookie, so that the server renders the right one at once."""
    value = request.COOKIES.get(THEME_COOKIE, "auto")
    return value if value in {theme for theme, _title, _sign in THEMES} else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every template what the shell needs (a Django context processor)."""
    desk = desk_of(request) if getattr(request, "access", None) else None
    return {
        "theme": chosen_theme(request),
        "themes": THEMES,
        "tenant": settings.TENANT_NAME,
        "drill": _drill(),
        "now_at": int(clock.now().timestamp()),
        "desk": desk,
        "rail": _rail(request, desk) if desk else [],
        "account_links": _account_links(desk) if desk else [],
        "sign_out": _address("sign-out") if desk else "",
        # Asked for by whole pages only: a fragment never draws the bell.
        "unread": (lambda: notices.unread_count(desk.access)) if desk else None,
        "notices_address": _address("notices") if desk else "",
    }


def _drill() -> str:
    """Say that this is a drill, and what time it is there; empty where time is real."""
    return "" if clock.shift() is None else f"演练 {moment(clock.now())}"


def _is_here(request: HttpRequest, entry: Entry, address: str) -> bool:
    """Tell whether a page belongs to a place: a case is worked on at the workbench."""
    match = request.resolver_match
    if match is not None and match.url_name in AT_THE_WORKBENCH:
        return entry.name == "workbench"
    return request.path == address or (address != "/" and request.path.startswith(address))


def _rail(request: HttpRequest, desk: Any) -> list[dict[str, Any]]:
    entries = [entry for entry in RAIL if not entry.verb or desk.may(entry.verb)]
    return [
        {
            "title": entry.title,
            "address": (address := _address(entry.name)),
            "sign": entry.sign,
            "key": entry.key,
            "on": _is_here(request, entry, address),
        }
        for entry in entries
    ]


def _account_links(desk: Any) -> list[tuple[str, str, str]]:
    found = [
        (title, _address(name), sign)
        for title, name, sign in ACCOUNT_PAGES
        if name not in NEEDED or desk.may(NEEDED[name])
    ]
    return [link for link in found if link[1]]


@cache
def _address(name: str) -> str:
    """Return the address of a page, found once; empty when there is none."""
    with contextlib.suppress(NoReverseMatch):
        return reverse(name)
    return ""


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme for a year and go back."""
    back = request.headers.get("Referer", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = HttpResponseRedirect(back if safe else "/")
    wanted = request.POST.get("theme", "auto")
    response.set_cookie(
        THEME_COOKIE, wanted, max_age=365 * 86400, **COOKIE, secure=settings.SESSION_COOKIE_SECURE
    )
    return response


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """Show the bell with the number of notices not read."""
    return render(request, "ui/_bell.html", {})


def keys(request: HttpRequest) -> HttpResponse:
    """Show all keyboard shortcuts in the dialog."""
    return render(request, "ui/_keys.html", {"keys": KEYS})
