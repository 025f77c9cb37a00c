"""A case played through a draft: every answer is worked out anew from the draft and the steps so far.

The server keeps nothing between two answers and writes nothing to the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bihuan.engines import decisions
from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.model import Flow, Node, NodeKind
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import Change, RunRefused, TokenKind, VerbDue, What
from bihuan.engines.expressions import CannotDecide
from bihuan.engines.packs.source import PackSource
from bihuan.kit.problems import Invalid
from bihuan.surfaces.studio import refusals_in_words

MOST_STEPS: Final = 300
MOST_AUTOMATIC: Final = 400
MOST_FIRINGS: Final = 200
LONGEST: Final = timedelta(days=400)
_WORDS: Final[Mapping[What, str]] = {
    What.OPENED: "到达",
    What.CLOSED: "完成",
    What.CANCELLED: "取消",
    What.PARKED: "等待汇合",
    What.TIMER_STARTED: "开始计时",
    What.PROCESS_CALLED: "调用流程",
    What.ENDED: "流程结束",
    What.ERROR_UNCAUGHT: "错误没有人接",
    What.ESCALATED: "升级",
}
_STOPS: Final = (RunRefused, CannotDecide, decisions.NotDecided, RecursionError, KeyError)


class TrialRefused(Invalid):
    """The draft cannot be played, or not any further."""

    message = "试跑不了。"


@dataclass(slots=True)
class Trial:
    """One play and what is told about it."""

    pack: PackSource
    code: str
    graphs: dict[str, Graph] = field(default_factory=dict)
    log: list[dict[str, str]] = field(default_factory=list)
    automatic: int = 0

    def run(self, started: Mapping[str, Any], at: datetime, steps: list[Any]) -> dict[str, Any]:
        """Play from the start through all steps; a step that is refused is told and not taken."""
        self.graphs = dict(self._graphs())
        play = self._started(started, at)
        self._note(play)
        refused, taken = "", 0
        for step in steps[:MOST_STEPS]:
            refused = self._attempt(play, step)
            if refused:
                break
            taken += 1
        return {**self._state(play), "refused": refused, "taken": taken}

    def _started(self, started: Mapping[str, Any], at: datetime) -> Play:
        try:
            return Play(self.graphs, self.code, dict(started), at, self._answer)
        except _STOPS as wrong:
            raise TrialRefused(refusals_in_words.sentence(wrong, self._names())) from wrong

    def _attempt(self, play: Play, step: Any) -> str:
        try:
            self._take(play, step)
        except _STOPS as wrong:
            return refusals_in_words.sentence(wrong, self._names())
        return ""

    # ------------------------------------------------------------ steps
    def _take(self, play: Play, step: Any) -> None:
        if not isinstance(step, dict):
            raise TrialRefused
        self.automatic = 0
        if step.get("do") == "advance":
            self._advance(
                play, timedelta(seconds=min(float(step.get("seconds", 0)), LONGEST.total_seconds()))
            )
            return
        if step.get("do") == "message":
            self._say(play, "message", f"收到“{step.get('name')}”")
            play.correlate(str(step.get("name")), {})
            self._note(play)
            return
        values = step.get("values")
        self._say(play, "submitted", f"提交{self._title(str(step.get('node')))}")
        play.complete(str(step.get("node")), values if isinstance(values, dict) else {})
        self._note(play)

    def _advance(self, play: Play, delta: timedelta) -> None:
        """Let time pass, timer by timer, so that a cycle without end does not hold the page."""
        until = play.at + delta
        for _ in range(MOST_FIRINGS):
            due = [armed.timer.due_at for armed in play.armed if armed.timer.due_at <= until]
            if not due:
                play.advance(until - play.at)
                return
            play.advance(max(min(due) - play.at, timedelta()))
            self._say(play, "time", "定时到点")
            self._note(play)
        raise TrialRefused(f"定时在这段时间里超过 {MOST_FIRINGS} 次，请把时间调短。")

    def _answer(self, due: VerbDue, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Ask a decision table as a real case would; actions on real things are only told."""
        self.automatic += 1
        if self.automatic > MOST_AUTOMATIC:
            raise TrialRefused("自动环节转圈了，没有一步要人来办，请检查连线的条件。")
        if due.decision and not due.verb:
            return self._decide(due, variables)
        self.log.append(
            {
                "what": "auto",
                "text": f"自动：{self._title(due.node)}（{due.verb}，试跑不执行）",
                "element": due.node,
            }
        )
        return None

    def _decide(self, due: VerbDue, variables: dict[str, Any]) -> dict[str, Any]:
        files = dict(self.pack.known("decisions"))
        file = files.get(f"{self.pack.key}.{due.decision}") or files[due.decision]
        found = decisions.decide(decisions.read(file), variables)
        output = dict(found.output)
        text = "、".join(f"{name} = {value}" for name, value in output.items())
        self.log.append(
            {
                "what": "auto",
                "text": f"决策表“{due.decision}”第 {found.row} 行：{text}",
                "element": due.node,
            }
        )
        name = due.params.get("result")
        return {name: next(iter(output.values()))} if name and len(output) == 1 else output

    # ------------------------------------------------------------ telling
    def _state(self, play: Play) -> dict[str, Any]:
        return {
            "open": [
                {"node": node, "title": self._title(node), "count": count}
                for node, count in play.open().items()
            ],
            "timers": [
                {"node": self._node_of(play, armed), "due": armed.timer.due_at.isoformat()}
                for armed in sorted(play.armed, key=lambda one: one.timer.due_at)
            ],
            "messages": sorted(self._awaited(play)),
            "variables": play.main.variables,
            "now": play.at.isoformat(),
            "ended": play.ended,
            "log": self.log[-200:],
            "visited": sorted({entry["element"] for entry in self.log if entry["element"]}),
        }

    def _awaited(self, play: Play) -> set[str]:
        """Return the names of the messages and signals that are waited for."""
        waiting = {TokenKind.EVENT, TokenKind.RACE}
        found: set[str] = set()
        for instance in play.instances.values():
            nodes = self.graphs[instance.process].nodes
            for token in instance.tokens.values():
                if token.live and token.kind in waiting:
                    after = [target for _, target in self._targets(instance.process, token.node)]
                    found |= {
                        one.event.code for one in (nodes[token.node], *after) if one.event.code
                    }
        return found

    def _targets(self, process: str, node: str) -> list[tuple[Flow, Node]]:
        found = self.graphs[process]
        is_race = found.nodes[node].kind is NodeKind.EVENT_BASED_GATEWAY
        return found.process.targets(found.nodes[node]) if is_race else []

    def _node_of(self, play: Play, armed: Any) -> str:
        return str(play.instances[armed.instance].tokens[armed.token].node)

    def _note(self, play: Play) -> None:
        for change in play.changes:
            text = self._told(change)
            if text:
                node = change.token.node if change.token else ""
                self._say(play, change.what.value, text, node)

    def _told(self, change: Change) -> str:
        word = _WORDS.get(change.what, "")
        if not word or change.token is None:
            return word
        quiet = change.token.kind in {TokenKind.SCOPE, TokenKind.MULTI}
        return "" if quiet else f"{word}{self._title(change.token.node)}"

    def _say(self, play: Play, what: str, text: str, element: str = "") -> None:
        self.log.append({"what": what, "text": text, "element": element, "at": play.at.isoformat()})

    def _names(self) -> dict[str, str]:
        return {
            id_: node.name or id_
            for graph in self.graphs.values()
            for id_, node in graph.nodes.items()
        }

    def _title(self, node: str) -> str:
        return f"「{self._names().get(node, node)}」"

    def _graphs(self) -> Iterator[tuple[str, Graph]]:
        for key, file in self.pack.known("processes"):
            document = parse.read(file.text.encode())
            for process in document.processes:
                if process.key == file.stem:
                    yield key, Graph(process)
                    yield file.stem, Graph(process)
