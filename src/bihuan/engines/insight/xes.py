"""Read XES logs (IEEE 1849): streamed, so that a log need not fit into memory as a document.

The parser is expat fed piece by piece. A DOCTYPE is refused before anything in it is looked at, so entities
cannot be defined, let alone expanded; depth and the numbers of events and bytes are bounded.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from xml.parsers import expat

from bihuan.engines.insight.lifecycle import Lifecycle
from bihuan.engines.insight.log import Log, Rejected, Trace, Unreadable

MAX_BYTES = 4 * 1024**3
MAX_EVENTS = 5_000_000
MAX_DEPTH = 64
MAX_REJECTED = 1_000

_NAME, _TIME, _CASE = "concept:name", "time:timestamp", "concept:name"
_RESOURCE, _TRANSITION = "org:resource", "lifecycle:transition"


def read(pieces: Iterable[bytes], zone: tzinfo = UTC) -> Log:
    """Return the log in these bytes, or raise `Unreadable`.

    Events without a name or a readable moment are rejected with their line; the rest of their case stays.
    Moments without an offset are of `zone`.
    """
    reader = _Reader(zone)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    reader.line = lambda: parser.CurrentLineNumber
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > MAX_BYTES:
                raise Unreadable(f"日志展开后超过上限 {MAX_BYTES // 1024**3} GB。")
            parser.Parse(piece, False)  # noqa: FBT003 -- expat's own signature
        parser.Parse(b"", True)  # noqa: FBT003 -- expat's own signature
    except expat.ExpatError as wrong:
        said = expat.errors.messages[wrong.code]
        raise Unreadable(f"XML 写法有误：{said}。", wrong.lineno) from None
    return reader.log()


def moment(text: str, zone: tzinfo) -> datetime | None:
    """Read a moment; None when it is none. One without an offset is of `zone`."""
    try:
        found = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    try:
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _refuse_doctype(*_declared: object) -> None:
    raise Unreadable("日志带有 DOCTYPE 声明，不能读取，请删去它和其中的实体。")


class _Reader:
    """What expat calls; keeps only the case at hand and the finished ones."""

    line: Callable[[], int]

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.depth = 0
        self.traces: list[Trace] = []
        self.rejected: list[Rejected] = []
        self.passed_over = 0
        self.events = 0
        self.is_log = False
        self.case: str | None = None
        self.life = Lifecycle()
        self.trace_depth = 0
        self.event: dict[str, str] | None = None
        self.event_line = 0
        self.event_depth = 0

    def start(self, name: str, values: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"XML 嵌套超过 {MAX_DEPTH} 层。", self.line())
        if self.depth == 1:
            self._root(name)
        tag = name.rpartition(":")[2]
        if tag == "trace":
            self.case, self.life, self.trace_depth = "", Lifecycle(), self.depth
        elif tag == "event":
            self._begin_event()
        elif "key" in values:
            self._attribute(values)

    def end(self, name: str) -> None:
        if self.depth == self.event_depth and self.event is not None:
            self._end_event(self.event)
            self.event = None
        elif self.depth == self.trace_depth and self.case is not None:
            self._end_trace(self.case)
            self.case = None
        self.depth -= 1

    def log(self) -> Log:
        return Log(self.traces, self.rejected, self.passed_over)

    def _root(self, name: str) -> None:
        if name.rpartition(":")[2] != "log":
            raise Unreadable("文件不是 XES 日志（根元素不是 log）。", self.line())

    def _begin_event(self) -> None:
        self.events += 1
        if self.events > MAX_EVENTS:
            raise Unreadable(f"日志超过上限 {MAX_EVENTS} 个事件。", self.line())
        self.event, self.event_line, self.event_depth = {}, self.line(), self.depth

    def _attribute(self, values: dict[str, str]) -> None:
        """Take an attribute of the event or the trace; attributes of attributes lie deeper and are not read."""
        key, value = values["key"], values.get("value", "")
        if self.event is not None:
            if self.depth == self.event_depth + 1:
                self.event[key] = value
        elif self.case is not None and self.depth == self.trace_depth + 1 and key == _CASE:
            self.case = value

    def _end_event(self, event: dict[str, str]) -> None:
        name, written = event.get(_NAME, "").strip(), event.get(_TIME, "")
        at = moment(written, self.zone) if written else None
        if self.case is None:
            self._reject("事件不属于任何案例")
        elif not name:
            self._reject("事件没有活动名称（concept:name）")
        elif at is None:
            said = f"“{written}”不是时刻" if written else "没有写"
            self._reject(f"事件的时间（time:timestamp）{said}")
        else:
            transition = event.get(_TRANSITION, "")
            self.life.see(name, at, transition, event.get(_RESOURCE, ""))

    def _end_trace(self, case: str) -> None:
        events = self.life.events()
        self.passed_over += self.life.passed_over
        if events:
            self.traces.append(Trace(case, events))

    def _reject(self, reason: str) -> None:
        self.rejected.append(Rejected(self.event_line, reason))
        if len(self.rejected) > MAX_REJECTED:
            raise Unreadable(
                f"超过 {MAX_REJECTED} 个事件读不出，最后一个在第 {self.event_line} 行：{reason}。"
            )
