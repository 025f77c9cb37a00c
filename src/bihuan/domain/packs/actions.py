"""Check and install packs; draft, publish and retire single definitions.

Whether somebody may install is the surfaces' question to `org` (verb `pack.install`): packs lie below
org and cannot ask.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.packs import queries, rules
from bihuan.domain.packs.choices import Status
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.domain.packs.ports import PackPart, PublishedDefinition, parts_in_order
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.source import PackFile, PackSource, with_file
from bihuan.kit import db
from bihuan.kit.problems import Invalid, Refused

_ONE_INSTALL_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('bihuan packs'))"


class PackHasProblems(Invalid):
    """A pack or definition is wrong; `problems` says where. Nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"有 {len(problems)} 处需要改正，第一处：{problems[0]}")
        self.problems = problems


class NotADraft(Refused):
    """Only a draft may change or be published."""

    message = "只有草稿可以修改或发布。"


class NotInForce(Refused):
    """Only a published definition can be retired."""

    message = "只有已发布的定义可以停用。"


@dataclass(slots=True)
class Installation:
    """What installing a pack did, as `kind key` lists."""

    pack: str
    version: str
    published: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changed(self) -> bool:
        """Say whether anything is different from before."""
        return bool(self.published or self.retired)


def check_pack(
    source: PackSource, *, beside: Mapping[str, PackSource] | None = None
) -> list[Problem]:
    """Return every problem of a pack. `beside` are the packs it may stand on; default: installed ones."""
    return [one for one in _findings(source, beside) if not one.is_warning]


def pack_warnings(
    source: PackSource, *, beside: Mapping[str, PackSource] | None = None
) -> list[Problem]:
    """Return what is worth a look in a pack and keeps nobody from installing it."""
    return [one for one in _findings(source, beside) if one.is_warning]


def _findings(source: PackSource, beside: Mapping[str, PackSource] | None) -> list[Problem]:
    around = _installed(source) if beside is None else beside
    problems = rules.requirement_problems(source, around)
    if problems:
        return problems
    pack = rules.standing(source, around)
    return sorted([*_placing_problems(pack), *_part_problems(pack)])


@transaction.atomic
def install_pack(source: PackSource, *, by: Actor, at: datetime) -> Installation:
    """Install a pack, all of it or nothing; the packs it stands on must be installed.

    A file with the same content changes nothing; a changed one becomes a new published version; the
    definition of a file that is gone is retired. Refuses with `PackHasProblems`.
    """
    db.one(_ONE_INSTALL_AT_A_TIME)
    problems = check_pack(source)
    if problems:
        raise PackHasProblems(problems)
    pack = rules.standing(source, _installed(source))
    done = Installation(pack.key, pack.manifest.version)
    is_new = _remember_pack(pack, by=by, at=at)
    for part in parts_in_order():
        for file in pack.folder(part.folder):
            _install_file(_Candidate(part, file, pack), done, by=by, at=at)
    _retire_missing(pack, done, by=by, at=at)
    if is_new or done.changed:
        data = {"version": done.version, "published": done.published, "retired": done.retired}
        subject = f"pack:{pack.key}"
        ledger.record(Fact("pack.installed", subject, subject, at, by, data=data))
    return done


@transaction.atomic
def draft_definition(
    *, pack_key: str, path: str, source: str, by: Actor, at: datetime
) -> Definition:
    """Write or rewrite the draft of a file of an installed pack. A draft may still be wrong."""
    pack = with_file(queries.source_of(pack_key), path, source)
    file = next(file for file in pack.files if file.path == path)
    part = next((part for part in parts_in_order() if part.folder == file.folder), None)
    if part is None:
        raise PackHasProblems(_placing_problems(pack))
    key = pack.definition_key(file)
    values = {"source": source, "title": file.stem, "checksum": _checksum(source)}
    draft = Definition.objects.filter(kind=part.kind, key=key, status=Status.DRAFT).first()
    if draft is None:
        draft = Definition(kind=part.kind, key=key, version=_next(part.kind, key), path=path)
        draft.pack_id, draft.created_at = pack_key, at
    for name, value in values.items():
        setattr(draft, name, value)
    draft.save()
    _record("definition.drafted", draft, by=by, at=at)
    return draft


@transaction.atomic
def publish_definition(definition_id: int, *, by: Actor, at: datetime) -> Definition:
    """Check a draft within its pack and put it in force in place of the version before."""
    draft = Definition.objects.select_for_update().get(pk=definition_id)
    if draft.status != Status.DRAFT:
        raise NotADraft
    pack = with_file(queries.source_of(draft.pack_key), draft.path, draft.source)
    problems = check_pack(pack)
    if problems:
        raise PackHasProblems(problems)
    file = next(file for file in pack.files if file.path == draft.path)
    part = next(part for part in parts_in_order() if part.kind == draft.kind)
    candidate = _Candidate(part, file, pack)
    return _put_in_force(candidate, draft, candidate.compiled(), by=by, at=at)


@transaction.atomic
def retire_definition(definition_id: int, *, by: Actor, at: datetime, reason: str) -> None:
    """Take a published definition out of force; what already runs on it is not touched."""
    definition = Definition.objects.select_for_update().get(pk=definition_id)
    if definition.status != Status.PUBLISHED:
        raise NotInForce
    _retire(definition, by=by, at=at, reason=reason)


@transaction.atomic
def discard_draft(definition_id: int, *, by: Actor, at: datetime) -> None:
    """Throw a draft away."""
    draft = Definition.objects.select_for_update().get(pk=definition_id)
    if draft.status != Status.DRAFT:
        raise NotADraft
    _record("definition.discarded", draft, by=by, at=at)
    draft.delete()


@dataclass(frozen=True, slots=True)
class _Candidate:
    part: PackPart
    file: PackFile
    pack: PackSource

    @property
    def key(self) -> str:
        return self.pack.definition_key(self.file)

    def compiled(self) -> dict[str, Any]:
        """Return what the part made of the file as it will be read back: tuples are lists in JSON."""
        made = self.part.compile(self.file, self.pack)
        return dict(json.loads(json.dumps(made, ensure_ascii=False)))


def _installed(source: PackSource) -> dict[str, PackSource]:
    others = (pack.key for pack in queries.installed_packs() if pack.key != source.key)
    around = {key: queries.source_of(key) for key in others}
    around[source.key] = source
    return around


def _placing_problems(pack: PackSource) -> list[Problem]:
    suffixes = {part.folder: part.suffixes for part in parts_in_order()}
    taken: dict[tuple[str, str], str] = {}
    problems = []
    for file in pack.files:
        wrong = rules.placing_problem(file, suffixes)
        other = taken.setdefault((file.folder, file.stem), file.path)
        if other != file.path:
            wrong = Problem(file.path, 1, f"与 {other} 同名", "请给其中一个文件换一个名字")
        if wrong:
            problems.append(wrong)
    return problems


def _part_problems(pack: PackSource) -> list[Problem]:
    return [
        problem
        for part in parts_in_order()
        for file in pack.folder(part.folder)
        if file.suffix in part.suffixes
        for problem in part.check(file, pack)
    ]


def _remember_pack(pack: PackSource, *, by: Actor, at: datetime) -> bool:
    """Write the pack's row when anything in its manifest is new; say whether it was."""
    manifest = pack.manifest
    if InstalledPack.objects.filter(key=pack.key, manifest=manifest.text).exists():
        return False
    values = {
        "version": manifest.version,
        "names": manifest.names,
        "descriptions": manifest.descriptions,
        "requires": [str(need) for need in manifest.requires],
        "manifest": manifest.text,
        "installed_at": at,
        "installed_by": by.ref,
    }
    InstalledPack.objects.update_or_create(key=pack.key, defaults=values)
    return True


def _install_file(one: _Candidate, done: Installation, *, by: Actor, at: datetime) -> None:
    compiled = one.compiled()
    found = {"kind": one.part.kind, "key": one.key, "status": Status.PUBLISHED}
    current = Definition.objects.filter(**found).first()
    same = current is not None and current.checksum == _checksum(one.file.text)
    if current is not None and same and current.compiled == compiled:
        done.unchanged += 1
        return
    version = _next(one.part.kind, one.key)
    fresh = Definition(kind=one.part.kind, key=one.key, version=version, path=one.file.path)
    fresh.pack_id, fresh.created_at, fresh.source = one.pack.key, at, one.file.text
    _put_in_force(one, fresh, compiled, by=by, at=at)
    done.published.append(f"{one.part.kind} {one.key}")


def _put_in_force(
    one: _Candidate, draft: Definition, compiled: dict[str, Any], *, by: Actor, at: datetime
) -> Definition:
    found = {"kind": draft.kind, "key": draft.key, "status": Status.PUBLISHED}
    for before in Definition.objects.filter(**found):
        _retire(before, by=by, at=at, reason=f"由第 {draft.version} 版代替")
    draft.status, draft.published_at = Status.PUBLISHED, at
    draft.compiled, draft.checksum = compiled, _checksum(draft.source)
    draft.title = str(compiled.get("title") or compiled.get("name") or one.file.stem)
    draft.save()
    _record("definition.published", draft, by=by, at=at)
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
        at=at,
    )
    return draft


def _retire_missing(pack: PackSource, done: Installation, *, by: Actor, at: datetime) -> None:
    kept = [file.path for file in pack.files]
    gone = Definition.objects.filter(pack__key=pack.key, status=Status.PUBLISHED)
    for definition in gone.exclude(path__in=kept):
        _retire(definition, by=by, at=at, reason="新版行业包里已没有这个文件")
        done.retired.append(f"{definition.kind} {definition.key}")


def _retire(definition: Definition, *, by: Actor, at: datetime, reason: str) -> None:
    definition.status = Status.RETIRED
    definition.retired_at = max(at, definition.published_at or at)
    definition.save(update_fields=["status", "retired_at"])
    _record("definition.retired", definition, by=by, at=at, reason=reason)


def _record(name: str, one: Definition, *, by: Actor, at: datetime, reason: str = "") -> None:
    data = {"kind": one.kind, "key": one.key, "version": one.version}
    subject, root = f"definition:{one.pk}", f"pack:{one.pack_key}"
    ledger.record(Fact(name, subject, root, at, by, reason=reason, data=data))


def _next(kind: str, key: str) -> int:
    latest = Definition.objects.filter(kind=kind, key=key).aggregate(Max("version"))
    return int(latest["version__max"] or 0) + 1


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
