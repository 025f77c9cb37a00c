"""What can be asked about packs and definitions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType

from bihuan.domain.packs.choices import Status
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.engines.packs.manifest import MANIFEST
from bihuan.engines.packs.source import PackSource, read_pack
from bihuan.kit import db
from bihuan.kit.problems import NotFound

FALLBACK_LANGUAGE = "zh-hans"

_PUBLISHED_ID = """
    select id from packs_definition where kind = %s and key = %s and status = 'PUBLISHED'
"""
# Which these are and no less: a draft may be older than what others published since.
_TEXTS_IN_FORCE = """
    select array(select id from packs_definition where kind = 'text' and status = 'PUBLISHED' order by id)
"""

_remembered: ContextVar[dict[tuple[str, str], int] | None] = ContextVar("versions", default=None)


class DefinitionMissing(NotFound):
    """Nothing of this kind and key is in force."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"没有已发布的{kind}“{key}”，请先安装或发布它。")
        self.kind, self.key = kind, key


class PackMissing(NotFound):
    """No pack of this key is installed."""

    def __init__(self, key: str) -> None:
        super().__init__(f"没有安装行业包“{key}”。")


class _StillDraft(LookupError):
    """A draft still changes and is not kept."""


@contextmanager
def remembering() -> Iterator[None]:
    """Ask once which version of a definition is in force, for long work that should not change midway."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


@contextmanager
def knowing(ids: Mapping[tuple[str, str], int]) -> Iterator[None]:
    """Take these ids for the versions in force, as the caller has just read them with something else.

    Work that remembers them anyway goes on remembering what is asked inside.
    """
    remembered = _remembered.get()
    if remembered is not None:
        for key, version in ids.items():
            remembered.setdefault(key, version)
        yield
        return
    token = _remembered.set(dict(ids))
    try:
        yield
    finally:
        _remembered.reset(token)


def published(kind: str, key: str) -> Definition:
    """Return the version in force. Its content is kept per process: treat it as read-only."""
    remembered = _remembered.get()
    if remembered is None:
        return definition(_published_id(kind, key))
    if (kind, key) not in remembered:
        remembered[kind, key] = _published_id(kind, key)
    return definition(remembered[kind, key])


def _published_id(kind: str, key: str) -> int:
    row = db.one(_PUBLISHED_ID, (kind, key))
    if row is None:
        raise DefinitionMissing(kind, key)
    return int(row[0])


def definition(definition_id: int) -> Definition:
    """Return one version, kept per process unless it is a draft.

    Content never changes once published; ask `published` whether a version is still in force, not the
    `status` of what is returned here.
    """
    try:
        return _kept(definition_id)
    except _StillDraft:
        return Definition.objects.get(pk=definition_id)
    except Definition.DoesNotExist:
        raise DefinitionMissing("定义", str(definition_id)) from None


@lru_cache(maxsize=2048)
def _kept(definition_id: int) -> Definition:
    found = Definition.objects.get(pk=definition_id)
    if found.status == Status.DRAFT:
        raise _StillDraft
    return found


def forget() -> None:
    """Forget what this process keeps by number: another database gives the same numbers to other definitions."""
    _kept.cache_clear()
    _texts.cache_clear()


def definitions(*, kind: str = "", pack_key: str = "") -> list[Definition]:
    """Return the versions in force, of one kind or one pack, by kind and path."""
    found = Definition.objects.filter(status=Status.PUBLISHED)
    if kind:
        found = found.filter(kind=kind)
    if pack_key:
        found = found.filter(pack__key=pack_key)
    return list(found.order_by("pack_id", "kind", "path"))


def versions(kind: str, key: str) -> list[Definition]:
    """Return every version of a definition, newest first."""
    return list(Definition.objects.filter(kind=kind, key=key).order_by("-version"))


def newest(kind: str) -> list[Definition]:
    """Return for every definition of a kind its draft and the version in force, by pack and path.

    What was retired and has neither is there with its last version, so that it can be found again.
    """
    last = Definition.objects.filter(kind=kind).exclude(status=Status.OFFERED)
    shown: dict[str, list[Definition]] = {}
    for one in last.defer("source", "compiled").order_by("pack_id", "path", "-version"):
        kept = shown.setdefault(one.key, [])
        if one.status != Status.RETIRED or not kept:
            kept.append(one)
    return [one for kept in shown.values() for one in _without_old(kept)]


def _without_old(kept: list[Definition]) -> list[Definition]:
    live = [one for one in kept if one.status != Status.RETIRED]
    return live or kept[:1]


def version(definition_id: int) -> Definition:
    """Return one version as it is now, or refuse with `DefinitionMissing`."""
    found = Definition.objects.filter(pk=definition_id).first()
    if found is None:
        raise DefinitionMissing("定义", str(definition_id))
    return found


def text(key: str, lang: str = FALLBACK_LANGUAGE) -> str:
    """Return a business text; in Chinese when the language lacks it, else the key itself."""
    return texts(lang).get(key) or texts(FALLBACK_LANGUAGE).get(key, key)


def texts(lang: str = FALLBACK_LANGUAGE) -> Mapping[str, str]:
    """Return all texts of a language. A page asks once and looks up many."""
    row = db.one(_TEXTS_IN_FORCE)
    return _texts(lang, tuple(row[0]) if row else ())


@lru_cache(maxsize=16)
def _texts(lang: str, _in_force: tuple[int, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in Definition.objects.filter(kind="text", status=Status.PUBLISHED).order_by("id"):
        if one.compiled.get("lang") == lang:
            found.update(one.compiled["texts"])
    return MappingProxyType(found)


def installed_packs() -> list[InstalledPack]:
    """Return the installed packs by key."""
    return list(InstalledPack.objects.order_by("key"))


def installed_pack(key: str) -> InstalledPack:
    """Return one installed pack, or refuse with `PackMissing`."""
    found = InstalledPack.objects.filter(key=key).first()
    if found is None:
        raise PackMissing(key)
    return found


def export_pack(key: str) -> dict[str, bytes]:
    """Return a pack's files as they are in force; installing them again changes nothing."""
    files = {MANIFEST: installed_pack(key).manifest.encode()}
    files.update({one.path: one.source.encode() for one in definitions(pack_key=key)})
    return files


def source_of(key: str) -> PackSource:
    """Return an installed pack as a source with the packs it stands on."""
    source = read_pack(export_pack(key))
    return source.standing_on(tuple(source_of(need.key) for need in source.manifest.requires))
