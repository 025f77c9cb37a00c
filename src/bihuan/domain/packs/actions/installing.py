"""Install packs, whole or not at all, around what the studio has put in force (decision 0130).

Whether somebody may install is the surfaces' question to `org` (verb `pack.install`).
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.packs import rules
from bihuan.domain.packs.actions import force
from bihuan.domain.packs.actions.checking import check_pack, installed_around
from bihuan.domain.packs.actions.force import Candidate, Deed
from bihuan.domain.packs.actions.refusals import PackHasProblems
from bihuan.domain.packs.choices import Origin, Status
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.domain.packs.ports import parts_in_order
from bihuan.engines.packs.source import PackFile, PackSource, with_file
from bihuan.kit import db

_ONE_INSTALL_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('bihuan packs'))"


@dataclass(slots=True)
class Installation:
    """What installing a pack did, as `kind key` lists.

    `set_aside` are the files whose new words wait in the studio because its own are in force.
    """

    pack: str
    version: str
    published: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changed(self) -> bool:
        """Say whether anything is different from before."""
        return bool(self.published or self.retired or self.set_aside)


@transaction.atomic
def install_pack(source: PackSource, *, by: Actor, at: datetime) -> Installation:
    """Install a pack, all of it or nothing; the packs it stands on must be installed.

    A file with the same content changes nothing; a changed one becomes a new published version; the
    definition of a file that is gone is retired. What the studio published stays in force and is checked
    together with the pack's new files; the pack's own words wait beside it. Refuses with `PackHasProblems`.
    """
    db.one(_ONE_INSTALL_AT_A_TIME)
    kept = _kept_by_people(source.key)
    in_force = _with_kept(source, kept)
    problems = check_pack(in_force)
    if problems:
        raise PackHasProblems(problems)
    pack = rules.standing(in_force, installed_around(in_force))
    done, deed = Installation(pack.key, pack.manifest.version), Deed(by, at)
    is_new = _remember_pack(pack, deed)
    for part in parts_in_order():
        for file in pack.folder(part.folder):
            if file.path not in kept or kept[file.path].status == Status.PUBLISHED:
                _install_file(Candidate(part, file, pack), done, deed)
    for file in source.files:
        if file.path in kept:
            _set_aside(kept[file.path], file, done, deed)
    _retire_missing(pack, done, deed)
    if is_new or done.changed:
        _record(done, deed)
    return done


def _record(done: Installation, deed: Deed) -> None:
    subject = f"pack:{done.pack}"
    data = {"version": done.version, "published": done.published, "retired": done.retired}
    if done.set_aside:
        data["set_aside"] = done.set_aside
    ledger.record(Fact("pack.installed", subject, subject, deed.at, deed.by, data=data))


def _kept_by_people(pack_key: str) -> dict[str, Definition]:
    """Return by path what an installation leaves alone: the studio's versions and what was withdrawn."""
    found = Definition.objects.filter(pack__key=pack_key)
    ours = found.filter(status=Status.PUBLISHED, origin=Origin.STUDIO)
    in_force = set(found.filter(status=Status.PUBLISHED).values_list("kind", "key"))
    withdrawn = [
        one
        for one in found.filter(status=Status.RETIRED, is_withdrawn=True).order_by("version")
        if (one.kind, one.key) not in in_force
    ]
    return {one.path: one for one in (*withdrawn, *ours)}


def _with_kept(source: PackSource, kept: dict[str, Definition]) -> PackSource:
    for path, one in kept.items():
        if one.status == Status.PUBLISHED:
            source = with_file(source, path, one.source)
    return source


def _set_aside(kept: Definition, file: PackFile, done: Installation, deed: Deed) -> None:
    """Keep the pack's new words beside the version people decided on; equal words only once."""
    brought = force.from_pack(kept.kind, kept.key)
    checksum = force.checksum_of(file.text)
    if checksum in {kept.checksum, brought.checksum if brought else ""}:
        return
    version = force.latest_version(kept.kind, kept.key) + 1
    fresh = Definition(kind=kept.kind, key=kept.key, version=version, path=file.path)
    fresh.pack_id, fresh.created_at, fresh.source = kept.pack_id, deed.at, file.text
    fresh.status, fresh.checksum, fresh.title = Status.OFFERED, checksum, kept.title
    fresh.note = f"随行业包 {done.version} 版而来，现在用的是工作室的版本"
    fresh.save()
    force.record("definition.offered", fresh, deed)
    done.set_aside.append(f"{kept.kind} {kept.key}")


def _remember_pack(pack: PackSource, deed: Deed) -> bool:
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
        "installed_at": deed.at,
        "installed_by": deed.by.ref,
    }
    InstalledPack.objects.update_or_create(key=pack.key, defaults=values)
    return True


def _install_file(one: Candidate, done: Installation, deed: Deed) -> None:
    compiled = one.compiled()
    found = {"kind": one.part.kind, "key": one.key, "status": Status.PUBLISHED}
    current = Definition.objects.filter(**found).first()
    same = current is not None and current.checksum == force.checksum_of(one.file.text)
    if current is not None and same and current.compiled == compiled:
        done.unchanged += 1
        return
    version = force.latest_version(one.part.kind, one.key) + 1
    fresh = Definition(kind=one.part.kind, key=one.key, version=version, path=one.file.path)
    fresh.pack_id, fresh.created_at, fresh.source = one.pack.key, deed.at, one.file.text
    if same and current is not None:
        fresh.origin = current.origin
    force.put_in_force(one, fresh, compiled, deed)
    done.published.append(f"{one.part.kind} {one.key}")


def _retire_missing(pack: PackSource, done: Installation, deed: Deed) -> None:
    kept = [file.path for file in pack.files]
    gone = Definition.objects.filter(pack__key=pack.key, status=Status.PUBLISHED)
    for definition in gone.exclude(path__in=kept):
        force.retire(definition, Deed(deed.by, deed.at, "新版行业包里已没有这个文件"))
        done.retired.append(f"{definition.kind} {definition.key}")
