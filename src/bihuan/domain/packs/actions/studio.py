"""The life of one definition in the hands of its designers: draft, publish, retire, put back in force.

Each action asks whether its actor may (`process.design`, `process.publish`), leaves one fact, and is all
or nothing. None has an effect on a clock: what already runs keeps the version it was started with.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.packs import queries
from bihuan.domain.packs.actions import force
from bihuan.domain.packs.actions.checking import check_pack, placing_problems
from bihuan.domain.packs.actions.force import Candidate, Deed
from bihuan.domain.packs.actions.refusals import (
    AnotherVersionInForce,
    DraftGone,
    NameTaken,
    NotADraft,
    NotInForce,
    PackHasProblems,
    ReasonMissing,
    SavedMeanwhile,
    StillADraft,
)
from bihuan.domain.packs.choices import Origin, Status
from bihuan.domain.packs.models import Definition
from bihuan.domain.packs.ports import AUTHORITIES, parts_in_order
from bihuan.engines.packs.source import PackSource, with_file
from bihuan.kit import db

DESIGN: Final = "process.design"
PUBLISH: Final = "process.publish"
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('bihuan packs'))"


@transaction.atomic
def draft_definition(
    *, pack_key: str, path: str, source: str, by: Actor, at: datetime
) -> Definition:
    """Write or rewrite the draft of a file of an installed pack. A draft may still be wrong."""
    _allow(by, DESIGN, at)
    kind, key = _placed(pack_key, path, source)
    draft = Definition.objects.filter(kind=kind, key=key, status=Status.DRAFT).first()
    if draft is None:
        draft = _new_draft(pack_key, path, (kind, key), at)
    elif draft.source != source:
        draft.rev += 1
    return _write(draft, source, Deed(by, at))


@transaction.atomic
def start_draft(
    *, pack_key: str, path: str, source: str, by: Actor, at: datetime, title: str = ""
) -> Definition:
    """Begin a definition that does not exist yet, from scratch or from a file. Refuses with `NameTaken`."""
    _allow(by, DESIGN, at)
    kind, key = _placed(pack_key, path, source)
    if Definition.objects.filter(kind=kind, key=key).exists():
        raise NameTaken
    draft = _new_draft(pack_key, path, (kind, key), at)
    return _write(draft, source, Deed(by, at), title=title)


@transaction.atomic
def draft_from(definition_id: int, *, by: Actor, at: datetime) -> Definition:
    """Begin a draft with the words of a version; the one draft there is already is returned as it is."""
    _allow(by, DESIGN, at)
    version = _found(definition_id)
    same = {"kind": version.kind, "key": version.key}
    draft = Definition.objects.filter(**same, status=Status.DRAFT).first()
    if draft is not None:
        return draft
    draft = _new_draft(version.pack_key, version.path, (version.kind, version.key), at)
    draft.based_on, draft.title = version.version, version.title
    return _write(draft, version.source, Deed(by, at), title=version.title)


@transaction.atomic
def save_draft(
    definition_id: int, *, source: str, rev: int, by: Actor, at: datetime, title: str = ""
) -> Definition:
    """Keep what was drawn, right or wrong. `rev` is the save the person began from.

    Refuses with `SavedMeanwhile`, which carries what lies there, when somebody saved other words since;
    the same words again change nothing.
    """
    _allow(by, DESIGN, at)
    draft = _draft(definition_id)
    if draft.checksum == force.checksum_of(source):
        return draft
    if draft.rev != rev:
        raise SavedMeanwhile(draft)
    draft.rev += 1
    return _write(draft, source, Deed(by, at), title=title)


@transaction.atomic
def publish_definition(
    definition_id: int, *, by: Actor, at: datetime, reason: str = "", over: int | None = None
) -> Definition:
    """Check a draft within its pack and put it in force in place of the version before.

    New cases start on it, running ones keep theirs. `over` is the version in force that the person saw;
    refuses with `AnotherVersionInForce` when it is another by now.
    """
    _allow(by, PUBLISH, at)
    _lock()
    draft = _draft(definition_id)
    _check_over(draft, over)
    draft.origin = force.origin_of(draft.kind, draft.key, draft.source)
    return _publish(draft, Deed(by, at, reason))


@transaction.atomic
def republish_version(
    definition_id: int, *, by: Actor, at: datetime, reason: str, over: int | None = None
) -> Definition:
    """Roll back: put the words of an earlier or an offered version in force again, as a new version."""
    _allow(by, PUBLISH, at)
    _lock()
    version = _found(definition_id)
    if version.status == Status.DRAFT:
        raise StillADraft
    _check_over(version, over)
    fresh = _new_draft(version.pack_key, version.path, (version.kind, version.key), at)
    fresh.source, fresh.based_on = version.source, version.version
    fresh.origin = force.origin_of(version.kind, version.key, version.source)
    fresh.saved_by, fresh.saved_at = by.ref, at
    return _publish(fresh, Deed(by, at, _reason(reason)))


@transaction.atomic
def retire_definition(definition_id: int, *, by: Actor, at: datetime, reason: str) -> None:
    """Take a published definition out of force; what already runs on it is not touched."""
    _allow(by, PUBLISH, at)
    _lock()
    definition = _found(definition_id)
    if definition.status != Status.PUBLISHED:
        raise NotInForce
    definition.is_withdrawn = True
    force.retire(definition, Deed(by, at, _reason(reason)))


@transaction.atomic
def discard_draft(definition_id: int, *, by: Actor, at: datetime) -> None:
    """Throw a draft away."""
    _allow(by, DESIGN, at)
    draft = _draft(definition_id)
    force.record("definition.discarded", draft, Deed(by, at))
    draft.delete()


# -------------------------------------------------------------------- parts of actions


def _allow(by: Actor, verb: str, at: datetime) -> None:
    """Ask those who know what people may do; packs lie below them."""
    for name in AUTHORITIES:
        AUTHORITIES.get(name)(by, verb, at)


def _lock() -> None:
    db.one(_ONE_AT_A_TIME)


def _found(definition_id: int) -> Definition:
    found = Definition.objects.select_for_update().filter(pk=definition_id).first()
    if found is None:
        raise DraftGone
    return found


def _draft(definition_id: int) -> Definition:
    draft = _found(definition_id)
    if draft.status != Status.DRAFT:
        raise NotADraft
    return draft


def _placed(pack_key: str, path: str, source: str) -> tuple[str, str]:
    """Return the kind and key of a file of a pack, or refuse where it may not lie."""
    pack = with_file(queries.source_of(pack_key), path, source)
    file = next(file for file in pack.files if file.path == path)
    part = next((part for part in parts_in_order() if part.folder == file.folder), None)
    wrong = [one for one in placing_problems(pack) if one.file == path]
    if part is None or wrong:
        raise PackHasProblems(wrong)
    return part.kind, pack.definition_key(file)


def _new_draft(pack_key: str, path: str, named: tuple[str, str], at: datetime) -> Definition:
    kind, key = named
    draft = Definition(kind=kind, key=key, version=force.latest_version(kind, key) + 1, path=path)
    draft.pack_id, draft.created_at, draft.origin = pack_key, at, Origin.STUDIO
    return draft


def _write(draft: Definition, source: str, deed: Deed, *, title: str = "") -> Definition:
    stem = draft.path.rpartition("/")[2].rpartition(".")[0]
    draft.title = title or draft.title or stem
    draft.source, draft.checksum = source, force.checksum_of(source)
    draft.saved_by, draft.saved_at = deed.by.ref, deed.at
    draft.save()
    force.record("definition.drafted", draft, deed)
    return draft


def _check_over(one: Definition, over: int | None) -> None:
    if over is None:
        return
    current = Definition.objects.filter(kind=one.kind, key=one.key, status=Status.PUBLISHED).first()
    version = current.version if current else 0
    if version != over:
        raise AnotherVersionInForce(version)


def _publish(draft: Definition, deed: Deed) -> Definition:
    pack: PackSource = with_file(queries.source_of(draft.pack_key), draft.path, draft.source)
    problems = check_pack(pack)
    if problems:
        raise PackHasProblems(problems)
    file = next(file for file in pack.files if file.path == draft.path)
    part = next(part for part in parts_in_order() if part.kind == draft.kind)
    candidate = Candidate(part, file, pack)
    return force.put_in_force(candidate, draft, candidate.compiled(), deed)


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing
    return text.strip()
