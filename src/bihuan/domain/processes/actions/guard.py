"""Turns what the engine refuses into what a person reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from bihuan.domain.processes.actions import refusals
from bihuan.engines import expressions, worktime
from bihuan.engines.bpmn import run_multi, run_state, run_together
from bihuan.kit.problems import Refused

_WORDS: dict[type[run_state.RunRefused], type[Refused]] = {
    run_state.NoFlowTaken: refusals.NoFlowTaken,
    run_state.NotLive: refusals.UnitNotOpen,
    run_state.SubmitConditionFalse: refusals.SubmitConditionNotMet,
    run_state.NotAnAncestor: refusals.ReturnNotPossible,
    run_state.AcrossJump: refusals.ReturnCrossesJump,
    run_state.CutOff: refusals.ReturnCutOff,
    run_state.AlreadyTakenOn: refusals.WithdrawNotPossible,
    run_state.OutOfScope: refusals.JumpNotPossible,
    run_state.NeverRests: refusals.NeverRests,
    run_state.CallsTooDeep: refusals.CallsTooDeep,
    run_multi.BadCollection: refusals.TooManyRuns,
    run_together.NoCoHandler: refusals.CoHandlerNotPossible,
    run_multi.LastInstance: refusals.LastCoHandler,
}


@contextmanager
def engine_refusals() -> Iterator[None]:
    """Raise the engine's refusals as the product's."""
    try:
        yield
    except run_state.RunRefused as refused:
        words = _WORDS.get(type(refused), refusals.ElementUnsupported)
        raise words from refused
    except (worktime.LimitUnreadable, worktime.BeyondCalendar) as unreadable:
        raise refusals.LimitUnreadable from unreadable
    except expressions.CannotDecide as undecided:
        message = f"流程条件缺少“{undecided.field}”，暂时无法判断去向。"
        raise refusals.ConditionUndecided(message) from undecided
