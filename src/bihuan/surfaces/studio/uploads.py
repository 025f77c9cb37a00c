"""What is asked before something new is begun, and what an uploaded file becomes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.core.files.uploadedfile import UploadedFile

from bihuan.domain.packs import queries as packs
from bihuan.engines.bpmn import export
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.studio import blank, diagnosis, names

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_PLAIN = re.compile(r"[a-z][a-zA-Z0-9_]{0,59}")
MOST_BYTES = 4_000_000


class NewIncomplete(Invalid):
    """Something new lacks its code or its name."""

    message = "还差内容，请补上。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to begin."""

    kind: str
    pack: str
    code: str
    name: str
    data: bytes = b""

    @classmethod
    def posted(cls, form: Mapping[str, str], file: "UploadedFile[Any] | None") -> Self:
        """Read the form."""
        kind = "decision" if form.get("kind") == "decision" else "process"
        data = b""
        if file is not None and (file.size or 0) <= MOST_BYTES:
            data = file.read()
        elif file is not None:
            data = b"too long"
        return cls(
            kind,
            form.get("pack", ""),
            form.get("code", "").strip(),
            form.get("name", "").strip(),
            data,
        )

    @property
    def path(self) -> str:
        """Return where it will lie in its pack; refuse without a code."""
        self._check()
        suffix = "bpmn" if self.kind == "process" else "yaml"
        return f"{names.folder_of(self.kind)}/{self.code}.{suffix}"

    def source(self) -> str:
        """Return the first words: a blank one, or the file with its process under the code."""
        if not self.data:
            made = blank.process if self.kind == "process" else blank.table
            return made(self.code, self.name)
        if self.kind == "decision":
            return _text(self.data)
        codes = [code for code, _ in diagnosis.process_codes(self.data)]
        if not codes:
            raise NewIncomplete("文件里没有流程。", fields={"file": "选择含有流程的 .bpmn 文件"})
        written = diagnosis.readable(self.data)
        if self.code not in codes:
            written = export.renamed(written.encode(), codes[0], self.code).decode()
        return written

    def _check(self) -> None:
        wrong: dict[str, str] = {}
        shape = _CODE if self.kind == "process" else _PLAIN
        if not shape.fullmatch(self.code):
            wrong["code"] = "用小写英文字母开头，只含字母、数字和 _，如 repair"
        if not self.name and not self.data:
            wrong["name"] = "写上名称，如 故障报修"
        if self.pack not in {pack.key for pack in packs.installed_packs()}:
            wrong["pack"] = "选一个行业包"
        if self.data == b"too long":
            wrong["file"] = "文件超过 4 MB，请把流程拆成几个文件"
        if wrong:
            raise NewIncomplete(fields=wrong)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise NewIncomplete(
            "文件不是 UTF-8 文字。", fields={"file": "另存为 UTF-8 编码"}
        ) from wrong


def asked(
    kind: str, form: Mapping[str, str] | None = None, refusal: Refused | None = None
) -> dict[str, Any]:
    """Return what the dialog for something new shows."""
    kind = "decision" if kind == "decision" else "process"
    values = form or {}
    return {
        "kind": kind,
        "noun": "决策表" if kind == "decision" else "流程",
        "packs": [(pack.key, pack.names.get("zh", pack.key)) for pack in packs.installed_packs()],
        "values": {name: values.get(name, "") for name in ("pack", "code", "name")},
        "errors": {
            name: refusal.fields.get(name, "") if refusal else ""
            for name in ("pack", "code", "name", "file")
        },
        "refusal": refusal.message if refusal else "",
    }
