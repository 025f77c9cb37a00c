"""How one version comes into force and goes out of it: used by installing and by the studio."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.packs.choices import Origin, Status
from bihuan.domain.packs.models import Definition
from bihuan.domain.packs.ports import PackPart, PublishedDefinition
from bihuan.engines.packs.source import PackFile, PackSource


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does it, when and why."""

    by: Actor
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that is to come into force, in the pack it belongs to."""

    part: PackPart
    file: PackFile
    pack: PackSource

    @property
    def key(self) -> str:
        """Return the definition's key."""
        return self.pack.definition_key(self.file)

    def compiled(self) -> dict[str, Any]:
        """Return what the part made of the file as it will be read back: tuples are lists in JSON."""
        made = self.part.compile(self.file, self.pack)
        return dict(json.loads(json.dumps(made, ensure_ascii=False)))


def put_in_force(
    one: Candidate, draft: Definition, compiled: dict[str, Any], deed: Deed
) -> Definition:
    """Publish a draft or a new row in place of the version before; it gets the highest number."""
    latest = latest_version(draft.kind, draft.key)
    if draft.pk and draft.version < latest:
        draft.version = latest + 1
    found = {"kind": draft.kind, "key": draft.key, "status": Status.PUBLISHED}
    for before in Definition.objects.filter(**found):
        retire(before, Deed(deed.by, deed.at, f"由第 {draft.version} 版代替"))
    draft.status, draft.published_at = Status.PUBLISHED, deed.at
    draft.published_by, draft.note = deed.by.ref, deed.reason
    draft.compiled, draft.checksum = compiled, checksum_of(draft.source)
    draft.title = str(compiled.get("title") or compiled.get("name") or one.file.stem)
    draft.save()
    record("definition.published", draft, deed)
    one.part.apply(
        PublishedDefinition(
            id=draft.pk,
            kind=draft.kind,
            key=draft.key,
            version=draft.version,
            pack_key=one.pack.key,
            title=draft.title,
            compiled=compiled,
        ),
        at=deed.at,
    )
    return draft


def retire(definition: Definition, deed: Deed) -> None:
    """Take a published version out of force."""
    definition.status = Status.RETIRED
    definition.retired_at = max(deed.at, definition.published_at or deed.at)
    definition.retired_by, definition.retired_because = deed.by.ref, deed.reason
    names = ["status", "retired_at", "retired_by", "retired_because", "is_withdrawn"]
    definition.save(update_fields=names)
    record("definition.retired", definition, deed)


def record(name: str, one: Definition, deed: Deed) -> None:
    """Write the fact of what was done to a definition."""
    data = {"kind": one.kind, "key": one.key, "version": one.version}
    subject, root = f"definition:{one.pk}", f"pack:{one.pack_key}"
    ledger.record(Fact(name, subject, root, deed.at, deed.by, reason=deed.reason, data=data))


def latest_version(kind: str, key: str) -> int:
    """Return the highest number used, 0 when there is none."""
    latest = Definition.objects.filter(kind=kind, key=key).aggregate(Max("version"))
    return int(latest["version__max"] or 0)


def from_pack(kind: str, key: str) -> Definition | None:
    """Return the words the pack brought last, in force or not."""
    brought = Definition.objects.filter(kind=kind, key=key, origin=Origin.PACK)
    return brought.exclude(status=Status.DRAFT).order_by("-version").first()


def origin_of(kind: str, key: str, source: str) -> Origin:
    """Say whose words these are: the pack's when it brought just these last, else the studio's."""
    brought = from_pack(kind, key)
    same = brought is not None and brought.checksum == checksum_of(source)
    return Origin.PACK if same else Origin.STUDIO


def checksum_of(text: str) -> str:
    """Return the checksum that tells equal words."""
    return hashlib.sha256(text.encode()).hexdigest()
