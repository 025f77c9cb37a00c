"""A pack as it was handed to us: its manifest and its files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bihuan.engines.packs.manifest import MANIFEST, Manifest, read_manifest
from bihuan.engines.packs.marked import Path, read_yaml
from bihuan.engines.packs.problem import PackUnreadable, Problem

MOST_FILES = 2000
MOST_BYTES = 4_000_000
STRUCTURED = (".yaml", ".json")
SUFFIXES = (*STRUCTURED, ".bpmn", ".md", ".csv")


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file: its text and, when it is YAML or JSON, its values and where each stands."""

    path: str
    text: str
    data: Any = None
    lines: Mapping[Path, int] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Return the first folder of the path."""
        return self.path.split("/", 1)[0] if "/" in self.path else ""

    @property
    def suffix(self) -> str:
        """Return the ending with its dot."""
        return f".{self.path.rsplit('.', 1)[-1]}"

    @property
    def stem(self) -> str:
        """Return the path inside its folder as a dotted name without ending: `zh-hans.common`."""
        inside = self.path.removeprefix(f"{self.folder}/")
        return inside.rsplit(".", 1)[0].replace("/", ".")

    def line(self, *path: str | int) -> int:
        """Return the line of a key, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return 1

    def problem(self, path: Path, message: str, remedy: str) -> Problem:
        """Return a problem at a key of this file."""
        return Problem(self.path, self.line(*path), message, remedy)


@dataclass(frozen=True, slots=True)
class PackSource:
    """A whole pack, read but not yet understood, with the packs it stands on."""

    manifest: Manifest
    files: tuple[PackFile, ...]
    required: tuple["PackSource", ...] = ()

    @property
    def key(self) -> str:
        """Return the pack's key."""
        return self.manifest.key

    def folder(self, name: str) -> Iterator[PackFile]:
        """Yield this pack's own files of one folder in path order."""
        return (file for file in self.files if file.folder == name)

    def known(self, name: str) -> Iterator[tuple[str, PackFile]]:
        """Yield (definition key, file) of one folder here and in every required pack."""
        yield from ((f"{self.key}.{file.stem}", file) for file in self.folder(name))
        for pack in self.required:
            yield from pack.known(name)

    def definition_key(self, file: PackFile) -> str:
        """Return the key a file's definition is installed under: `hotline.accept`."""
        return f"{self.key}.{file.stem}"

    def standing_on(self, required: tuple["PackSource", ...]) -> "PackSource":
        """Return this pack with its required packs at hand."""
        return replace(self, required=required)


def read_pack(files: Mapping[str, bytes]) -> PackSource:
    """Read a pack from a mapping of path to bytes.

    Raises `PackUnreadable` with every problem that keeps it from being read: sizes, encodings,
    unknown endings, YAML that is not YAML, a manifest that says too little.
    """
    _refuse_too_much(files)
    problems: list[Problem] = []
    read: list[PackFile] = []
    for path in sorted(files):
        if path == MANIFEST or "/" not in path:
            continue
        try:
            read.append(_read_file(path, files[path]))
        except PackUnreadable as unreadable:
            problems.extend(unreadable.problems)
    try:
        manifest = _read_manifest(files)
    except PackUnreadable as unreadable:
        raise PackUnreadable([*unreadable.problems, *problems]) from unreadable
    if problems:
        raise PackUnreadable(problems)
    return PackSource(manifest, tuple(read))


def _refuse_too_much(files: Mapping[str, bytes]) -> None:
    if len(files) > MOST_FILES:
        message = f"一个行业包最多 {MOST_FILES} 个文件，这里有 {len(files)} 个"
        raise PackUnreadable([Problem(MANIFEST, 1, message, "请拆成几个相互依赖的包")])
    strange = [path for path in files if ".." in path or path.startswith("/") or "\\" in path]
    if strange:
        problem = Problem(strange[0], 1, "文件路径指向包外", "请只放包内的相对路径")
        raise PackUnreadable([problem])


def _read_manifest(files: Mapping[str, bytes]) -> Manifest:
    if MANIFEST not in files:
        problem = Problem(
            MANIFEST,
            1,
            "缺少 pack.toml",
            "请在包的最上层放一个 pack.toml，写明 key、version 和 name",
        )
        raise PackUnreadable([problem])
    return read_manifest(_text(MANIFEST, files[MANIFEST]))


def _read_file(path: str, content: bytes) -> PackFile:
    text = _text(path, content)
    if not path.endswith(SUFFIXES):
        remedy = f"请改用 {'、'.join(SUFFIXES)} 之一，或把它移出行业包"
        raise PackUnreadable([Problem(path, 1, "不认识这种文件", remedy)])
    if not path.endswith(STRUCTURED):
        return PackFile(path, text)
    data, lines = read_yaml(path, text)
    return PackFile(path, text, data, lines)


def _text(path: str, content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise PackUnreadable([Problem(path, 1, "文件超过 4 MB", "请拆成几个小文件")])
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PackUnreadable(
            [Problem(path, line, "这一行不是 UTF-8 文字", "请另存为 UTF-8 编码")]
        ) from error


def with_file(pack: PackSource, path: str, text: str) -> PackSource:
    """Return a pack with one file added or replaced; raises `PackUnreadable` when it is not readable."""
    files = [file for file in pack.files if file.path != path]
    files.append(_read_file(path, text.encode()))
    return replace(pack, files=tuple(sorted(files, key=lambda file: file.path)))
