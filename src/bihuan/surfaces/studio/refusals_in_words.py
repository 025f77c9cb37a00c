"""What the engine's refusals mean to the person who tries a draft."""

from collections.abc import Mapping

from bihuan.engines import decisions
from bihuan.engines.bpmn.run_multi import BadCollection
from bihuan.engines.bpmn.run_state import (
    CallsTooDeep,
    NeverRests,
    NoFlowTaken,
    NotLive,
    SubmitConditionFalse,
)
from bihuan.engines.expressions import CannotDecide

_FIXED: Mapping[type[Exception], str] = {
    NotLive: "这个环节已经不在办，请重新试跑。",
    NeverRests: "自动环节转圈了，没有一步要人来办，请检查连线的条件。",
    CallsTooDeep: "流程相互调用没有尽头，请检查调用环节。",
    BadCollection: "多人办的名单或人次不对：要一份名单，或一个整数。",
    RecursionError: "流程相互调用没有尽头，请检查调用环节。",
}


def sentence(wrong: Exception, names: Mapping[str, str]) -> str:
    """Return one Chinese sentence; `names` are the elements' names by id."""
    if isinstance(wrong, NoFlowTaken):
        return f"「{names.get(wrong.node, wrong.node)}」后面没有一条连线的条件成立，请加默认连线。"
    if isinstance(wrong, SubmitConditionFalse):
        return f"「{names.get(wrong.node, wrong.node)}」的传递条件不成立，不能提交。"
    if isinstance(wrong, CannotDecide | decisions.NotDecided):
        return f"{wrong}".rstrip("。") + "。"
    return next(
        (text for kind, text in _FIXED.items() if isinstance(wrong, kind)), f"走不下去：{wrong}。"
    )
