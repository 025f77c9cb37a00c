"""Saving, publishing, retiring, putting back and throwing away: one action each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.packs import actions
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.studio import diagnosis, grid, pages
from bihuan.surfaces.studio.answers import body_of, for_scripts, gone_to, number_in, text_in, told
from bihuan.surfaces.studio.designer import Designer, designer_of
from bihuan.surfaces.studio.dialogs import Dialog

if TYPE_CHECKING:
    from bihuan.domain.packs.models import Definition


@require_POST
@for_scripts
def save(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Keep what was drawn; when somebody saved in between, answer with what lies there."""
    designer, body = designer_of(request), body_of(request)
    one = pages.shown(definition_id)
    source = _source(one, body)
    title = diagnosis.title_of(source, pages.place_of(one).code) if one.kind == "process" else ""
    try:
        saved = actions.save_draft(
            one.pk,
            source=source,
            rev=number_in(body, "rev"),
            by=designer.actor,
            at=designer.at,
            title=title or text_in(body, "title"),
        )
    except actions.SavedMeanwhile as refusal:
        return told(_theirs(refusal), status=409)
    return told({"rev": saved.rev, "at": designer.at.isoformat()})


def _source(one: "Definition", body: dict[str, object]) -> str:
    table = body.get("table")
    if one.kind == "decision" and isinstance(table, dict):
        return grid.source_of(table, one.source)
    found = body.get("source")
    return found if isinstance(found, str) and found else one.source


def _theirs(refusal: actions.SavedMeanwhile) -> dict[str, object]:
    saved = refusal.saved
    row = next(row for row in pages.versions(saved) if row.is_here)
    theirs = {"rev": saved.rev, "who": row.who, "at": row.at.isoformat() if row.at else ""}
    words = saved.source if saved.kind == "process" else grid.grid(saved.source)
    return {"title": refusal.message, "code": refusal.code, "saved": {**theirs, "source": words}}


@dataclass(frozen=True, slots=True)
class Deed:
    """One button of a version: what its dialog says and what it does."""

    sign: str
    verb: str
    consequence: str
    carry_out: "Callable[[Definition, Designer, str, int], int]"
    least: int = 4


def _publish(one: "Definition", who: Designer, reason: str, over: int) -> int:
    done = actions.publish_definition(one.pk, by=who.actor, at=who.at, reason=reason, over=over)
    return done.pk


def _republish(one: "Definition", who: Designer, reason: str, over: int) -> int:
    done = actions.republish_version(one.pk, by=who.actor, at=who.at, reason=reason, over=over)
    return done.pk


def _retire(one: "Definition", who: Designer, reason: str, _over: int) -> int:
    actions.retire_definition(one.pk, by=who.actor, at=who.at, reason=reason)
    return one.pk


def _discard(one: "Definition", who: Designer, _reason: str, _over: int) -> int:
    actions.discard_draft(one.pk, by=who.actor, at=who.at)
    others = [row for row in pages.versions(one) if row.id != one.pk]
    return others[0].id if others else 0


DEEDS = {
    "publish": Deed(
        "rocket",
        "发布",
        "新开的工单从此按这一版走，已开的工单按原来的版本走完。",
        _publish,
    ),
    "republish": Deed(
        "history",
        "恢复这一版",
        "这一版的内容作为新的一版发布，现在的一版停用，已开的工单不换版本。",
        _republish,
    ),
    "retire": Deed(
        "ban",
        "停用",
        "不能再开新的工单，已开的工单按这一版走完。重装行业包也不会自动恢复。",
        _retire,
    ),
    "discard": Deed("trash", "删除草稿", "草稿里没有发布的修改都会丢掉。", _discard),
}


class NoSuchDeed(NotFound):
    """There is no button of this name."""

    message = "没有这个操作。"


@require_http_methods(["GET", "POST"])
def deed(request: HttpRequest, definition_id: int, name: str) -> HttpResponse:
    """Ask for the reason, then do it."""
    designer = designer_of(request)
    one = pages.shown(definition_id)
    wanted = DEEDS.get(name)
    if wanted is None:
        raise NoSuchDeed
    over = _over(request, one)
    dialog = _dialog(wanted, one, name, over)
    if request.method == "GET":
        return render(request, "units/_reason_dialog.html", {"dialog": dialog})
    dialog = dialog.typed(request.POST.get("reason", ""))
    if not dialog.errors.reason:
        try:
            there = wanted.carry_out(one, designer, dialog.reason, over)
            return gone_to(reverse("studio-version", args=[there]) if there else reverse("studio"))
        except Refused as refusal:
            dialog = dialog.refused(refusal)
    return render(request, "units/_reason_dialog.html", {"dialog": dialog}, status=422)


def _over(request: HttpRequest, one: "Definition") -> int:
    asked = request.GET.get("over", "")
    if asked.isdigit():
        return int(asked)
    current = pages.in_force(pages.versions(one))
    return current.version if current else 0


def _dialog(wanted: Deed, one: "Definition", name: str, over: int) -> Dialog:
    return Dialog(
        address=f"{reverse('studio-deed', args=[one.pk, name])}?over={over}",
        sign=wanted.sign,
        title=f"{wanted.verb}：{one.title} v{one.version}",
        verb=wanted.verb,
        consequence=f"{wanted.consequence}{_overtaken(wanted, one, over)}",
        least=wanted.least,
    )


def _overtaken(wanted: Deed, one: "Definition", over: int) -> str:
    """Warn when the draft began from a version that is no longer the one in force."""
    if wanted.sign != DEEDS["publish"].sign or not one.based_on or one.based_on == over:
        return ""
    return f"注意：这份草稿从 v{one.based_on} 起草，现在生效的是 v{over}，请先对比，免得丢了那边的修改。"
