"""A dialog and its answer: asked for, sent, refused with what was typed, or carried out once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.http import HttpRequest, HttpResponse

from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, Errors
from bihuan.surfaces.workspace.views.units import answered, asked, carry_out_once


def converse(
    request: HttpRequest, dialog: Dialog, work: Callable[[Dialog], object], said: str
) -> HttpResponse:
    """Show the dialog; once it is sent complete, do the work and say so.

    A dialog that is drawn anew while it is filled in keeps what was typed. The work gets what the sender
    saw (`kept`); a refused dialog says what is so now.
    """
    if request.method == "GET":
        typed = replace(dialog.typed(request.GET), errors=Errors())
        return asked(request, typed if "key" in request.GET else dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    seen = [(name, request.POST.get(name, "")) for name, _ in dialog.kept]
    try:
        carry_out_once(request, dialog, partial(work, replace(dialog, kept=seen)))
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    return answered(said)
