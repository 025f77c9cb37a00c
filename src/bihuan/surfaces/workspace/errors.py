"""What a person sees when something cannot be done: one clear sentence, on the page they are on."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path

from bihuan.kit.htmx import render, wants_fragment
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import Refused

TITLES = {
    400: "请求不完整",
    403: "没有权限",
    404: "没有找到",
    409: "现在不能这样做",
    422: "有内容需要改正",
    500: "服务器出错",
}
MACHINES = ("/api/", "/live")


class RefusalPages:
    """Turn a `Refused` raised anywhere below a page into a toast (HTMX) or a page of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; only exceptions interest us."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; let anything else rise."""
        if not isinstance(exception, Refused) or request.path.startswith(MACHINES):
            return None
        if wants_fragment(request):
            return toast(HttpResponse(status=exception.status), exception.message, bad=True)
        return page(request, exception.status, exception.message, exception.code)


def toast(response: HttpResponse, text: str, *, bad: bool = False, undo: str = "") -> HttpResponse:
    """Let the page show one line at the top right when this response arrives; `undo` is posted to for some seconds."""
    return trigger(response, toast={"text": text, "bad": bad} | ({"undo": undo} if undo else {}))


def trigger(response: HttpResponse, **events: object) -> HttpResponse:
    """Add DOM events that HTMX fires when this response arrives (header values must be ASCII)."""
    before = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps(before | events)
    return response


def page(request: HttpRequest, status: int, message: str, code: str = "") -> HttpResponse:
    """Return an error page that needs nothing but the template."""
    context = {"title": TITLES.get(status, "出错了"), "message": message, "code": code or status}
    return render(request, "errors/refused.html", context, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return page(request, 404, f"没有这一页：{escape_uri_path(mask_text(request.path))[:80]}")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a person who may not do this."""
    return page(request, 403, "您没有这项权限，需要时请找班长开通。")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that has grown too old."""
    return page(request, 403, "页面停留太久，请返回、刷新后再提交。", "csrf")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that makes no sense."""
    return page(request, 400, "请求不完整，请返回后重试。")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed; nothing was saved because every action is one transaction."""
    return page(request, 500, "这一步没有保存，刷新后再试；还不行请把时间告诉管理员。")
