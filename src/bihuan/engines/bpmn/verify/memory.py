"""The engine alone, without a database, as a machine for scripts (`bihuan bpmn verify --pure`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bihuan.engines import expressions
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import NoFlowTaken, RunRefused
from bihuan.engines.bpmn.verify.prepare import for_scripts
from bihuan.engines.bpmn.verify.runner import StepRefused

MORNING: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@contextmanager
def machine(processes: list[Process]) -> Iterator["InMemory"]:
    """Deploy processes for one case."""
    yield InMemory(graphs(processes))


def graphs(processes: list[Process]) -> dict[str, Graph]:
    """Return processes as scripts take them, ready to run."""
    return {process.key: Graph(for_scripts(process)) for process in processes}


class InMemory:
    """A `Machine` on `Play`."""

    def __init__(self, graphs: Mapping[str, Graph]) -> None:
        self.graphs = graphs
        self._play: Play | None = None

    @property
    def play(self) -> Play:
        """What is being played."""
        if self._play is None:
            raise StepRefused("not_started")
        return self._play

    def start(self, process: str, variables: Mapping[str, Any]) -> None:
        """Start the process."""
        with _told():
            self._play = Play(self.graphs, process, dict(variables), MORNING)

    def complete(self, node: str, variables: Mapping[str, Any]) -> None:
        """Submit the oldest open unit; what a refusal in a called process began is undone as well."""
        before = deepcopy(self.play, {id(self.graphs): self.graphs})
        try:
            with _told():
                self.play.complete(node, dict(variables))
        except StepRefused:
            self._play = before
            raise

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        with _told():
            self.play.advance(by)

    def open(self) -> Mapping[str, int]:
        """Count the open units."""
        return self.play.open()

    def ended(self) -> bool:
        """Whether the started instance has ended."""
        return self.play.ended

    def state(self) -> object:
        """Return every token, the variables, and the timers with their moments."""
        play = self.play
        return (
            [
                (one.id, one.ended, one.variables, [_row(token) for token in one.tokens.values()])
                for one in play.instances.values()
            ],
            [(armed.instance, armed.token, armed.timer, armed.times) for armed in play.armed],
        )


def _row(token: Any) -> tuple[Any, ...]:
    return token.id, token.node, token.kind, token.state, token.local, token.consumed_by


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NoFlowTaken as refused:
        raise StepRefused("no_flow", str(refused)) from refused
    except (RunRefused, expressions.CannotDecide) as refused:
        raise StepRefused(type(refused).__name__, str(refused)) from refused
