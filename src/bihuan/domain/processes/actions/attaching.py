"""Files are handed in at a unit, before its form is submitted, so that none is lost on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.attachments.actions import add_attachment
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.attachments.queries import AttachmentRow
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import people, store
from bihuan.domain.processes.actions.form_values import form_of
from bihuan.engines.forms import FieldType
from bihuan.kit.problems import Invalid

USES: Final = {
    FieldType.ATTACHMENT: "file",
    FieldType.FILE: "file",
    FieldType.PHOTO: "photo",
    FieldType.SIGNATURE: "signature",
}


class FieldTakesNoFile(Invalid):
    """The unit's form has no field of this name that takes files."""

    message = "这一项不收附件，请刷新页面再试。"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file and the field it is for; one in a row of a group is `group.field`."""

    field: str
    name: str
    pieces: Iterable[bytes]


@transaction.atomic
def attach(unit_id: int, file: HandedIn, *, by: Actor, at: datetime) -> AttachmentRow:
    """Keep a file for a field of an open unit; who may do the unit may hand it in.

    The unit is not changed: the file's number becomes part of the form when it is drafted or submitted. Clocks run on.
    Refuses with `FieldTakesNoFile`, or as `add_attachment` does.
    """
    step = store.open_step(store.instance_of(unit_id))
    when = step.begin(by, at)
    token, _ = step.unit(unit_id)
    worker = people.worker(step, token, when)
    form = form_of(step, token)
    fields = {item.code: item for item in form.fields} if form else {}
    outer, _, inner = file.field.partition(".")
    found = fields.get(outer)
    if found is not None and inner:
        found = next((one for one in found.fields if one.code == inner), None)
    if found is None or found.type not in USES:
        raise FieldTakesNoFile
    upload = Upload(
        root=step.instance.root,
        subject=f"unit:{unit_id}",
        field=file.field,
        use=USES[found.type],
        name=file.name,
        pieces=file.pieces,
    )
    return add_attachment(upload, by=worker.by, at=worker.at)
