"""Why an operation on a process was refused, as a person reads it."""

from bihuan.kit.problems import Invalid, NotAllowed, Refused


class UnitNotOpen(Refused):
    """The unit is finished or cancelled."""

    message = "这个环节已经结束，请刷新页面。"


class UnitAlreadyTaken(Refused):
    """Somebody else has claimed the unit."""

    message = "这个环节已由他人领取。"


class NotYourUnit(NotAllowed):
    """Only who has claimed the unit may do this."""

    message = "这个环节不在您名下。"


class NotYourPost(NotAllowed):
    """The actor does not hold the unit's post there."""

    message = "您不在这个环节的岗位上。"


class HandledByTheSamePerson(NotAllowed):
    """Separation of duty: who did the excluded unit may not do this one."""

    message = "经办人不能再办理本环节，请换人。"


class StalePage(Refused):
    """The instance has changed since the page was read."""

    message = "内容已被他人更新，请刷新后再提交。"


class FormIncomplete(Invalid):
    """Values are missing or wrong; `fields` says which."""

    message = "表单有内容需要补充或改正。"


class SubmitConditionNotMet(Refused):
    """The unit's transfer condition (传递条件) does not hold."""

    message = "还不满足本环节的传递条件，不能提交。"


class NoFlowTaken(Refused):
    """No outgoing flow may be taken; everything was rolled back."""

    message = "流程没有可走的去向，请检查填写内容或联系流程管理员。"

    @property
    def code(self) -> str:
        """Return the conformance scripts' word for it."""
        return "no_flow"


class ConditionUndecided(Refused):
    """A condition needs a value that is not there."""


class DecisionMissing(Refused):
    """A decision table on the way gives no answer."""

    message = "决策表没有给出结果，流程无法继续。"


class ProcessNotRunning(Refused):
    """The instance is suspended or has ended."""

    message = "流程已挂起或已结束，不能操作。"


class ProcessNotSuspended(Refused):
    """Only a suspended instance can be resumed."""

    message = "流程没有挂起。"


class EarlierThanHistory(Refused):
    """Something has happened to the process later than the moment named."""

    message = "流程在这个时间之后已有办理记录，不能补记更早的操作。"


class LimitUnreadable(Refused):
    """The variable that gives a limit does not hold one."""

    message = "流程给出的时限无法识别，请检查填写内容或联系流程管理员。"


class SuspensionOver(Invalid):
    """A suspension lasts until a moment that lies ahead."""

    message = "挂起的截止时间要晚于现在。"

    def __init__(self) -> None:
        super().__init__(fields={"until": "请填写晚于现在的时间"})


class ReasonMissing(Invalid):
    """An intervention names its reason."""

    message = "请填写原因。"

    def __init__(self) -> None:
        super().__init__(fields={"reason": "请填写原因"})


class ReturnNotPossible(Refused):
    """The unit can not be given back to there."""

    message = "不能退回到这个环节。"


class ReturnCrossesJump(Refused):
    """A jump lies between; only another jump leads back."""

    message = "中间有流程干预，不能退回，请改用跳转。"


class ReturnCutOff(Refused):
    """A terminate event ended the branches beside; a return would leave a join waiting for them for ever."""

    message = "该环节所在的并行分支已被终止，不能退回到这里，请退回到更早的环节或改用跳转。"


class WithdrawNotPossible(Refused):
    """A successor has been taken on."""

    message = "后续环节已被领取或处理，不能撤回。"


class JumpNotPossible(Refused):
    """One branch may jump only within its own sub-process, and only to a unit."""

    message = "不能跳转到这个环节。"


class ReceiverMissing(Invalid):
    """A transfer names a person or an org unit, an assignment a person at work there."""

    message = "请选择接收的人员或机构。"


class ReceiverNotOnPost(Refused):
    """The receiver does not hold the unit's post there."""

    message = "对方不在这个环节的岗位上。"


class ElementUnsupported(Refused):
    """The process leads into an element that can not be executed."""

    message = "流程走到了暂不支持的图元，请联系流程管理员。"


class CallsTooDeep(Refused):
    """Processes call each other further down than any sound set of them does."""

    message = "流程互相调用超过 16 层，请联系流程管理员检查是否循环调用。"


class NeverRests(Refused):
    """The process runs in a circle of automatic steps; nothing was kept."""

    message = "流程在自动环节之间循环，走不到需要人办理的环节，请联系流程管理员。"


class TooManyRuns(Refused):
    """A multi-instance activity has no list, no whole number, or more runs than an instance may have."""

    message = "流程要求的办理次数或人员名单不正确，请检查填写内容或联系流程管理员。"


class CallerSuspended(Refused):
    """A called process goes on only with the one that called it."""

    message = "上级流程已挂起，请先恢复上级流程。"


class MessageNotAwaited(Refused):
    """No running instance waits for a message of this name."""

    message = "没有流程在等待这个消息。"


class OtherProcessBusy(Refused):
    """A signal reaches another process on which somebody works at this moment; nothing was kept."""

    message = "有关联的流程正在办理，请稍后重试。"


class PlaceUnknown(Invalid):
    """The variable that says where the next unit is done names no org unit."""

    message = "所选的承办机构不存在，请重新选择。"


class RecipientMissing(Invalid):
    """A copy goes to somebody."""

    message = "请选择抄送的人员或岗位。"


class TooManyRecipients(Invalid):
    """A copy is for those who should know, not for everybody."""

    message = "一次最多抄送 50 个人员或岗位。"


class RecipientUnknown(Invalid):
    """A copy goes to people at work and to posts that exist."""

    message = "所选的抄送人员或岗位不存在，请重新选择。"


class UrgedJustNow(Refused):
    """The same person urged the same unit a moment ago."""

    message = "您在半小时内已经催办过这个环节，请稍后再催。"


class NoLimitToExtend(Refused):
    """The unit, or the group named, has no clock that counts."""

    message = "这个环节没有在计的时限，不需要延期。"


class ExtensionUnreadable(Invalid):
    """More time is written as limits are, in the kind of time the limit counts."""

    message = "延期时长写法有误：按工时计的写成 30m、2h、1wd，按自然时计的写成 PT2H、P1D。"

    def __init__(self) -> None:
        super().__init__(fields={"more": "请按时限的写法填写"})


class ExtensionNotLater(Invalid):
    """An extension ends later than the limit, and later than now."""

    message = "延期后的到期时间要晚于原来的到期时间，并且晚于现在。"


class ExtensionPending(Refused):
    """One request for a clock at a time."""

    message = "已有一份延期申请在等待审批。"


class ExtensionDecided(Refused):
    """The request was decided, withdrawn or has lapsed."""

    message = "这份延期申请已经处理过了。"


class OwnExtension(NotAllowed):
    """Nobody grants themselves more time."""

    message = "不能审批自己提出的延期申请。"


class AssigneeUnknown(Refused):
    """`bh:assignee` yields neither a person nor a post nor an org unit."""

    def __init__(self, member: str) -> None:
        super().__init__(f"流程指定的办理人“{member}”不存在，请联系流程管理员。")


class AssigneeNotAtWork(Refused):
    """Whom `bh:assignee` names does not hold the unit's post anywhere now."""

    def __init__(self, member: str) -> None:
        super().__init__(f"流程指定的办理人“{member}”不在这个环节的岗位上。")


class NotAnOperator(NotAllowed):
    """`bh:operators` names who may do the unit, and this person is not among them."""

    message = "这个环节只允许指定人员办理。"


class CoHandlerNotPossible(Refused):
    """The unit can not have another co-handler, or is not one that could be removed."""

    message = "这个环节现在不能加签或减签。"


class LastCoHandler(Refused):
    """Somebody must be left to sign."""

    message = "只剩最后一位会签人，不能减签。"


class AlreadyCoHandler(Refused):
    """The person is at this unit already."""

    message = "对方已经在办理这个环节。"


class SkipNotPossible(Refused):
    """The flow could not go on without what the unit fills in."""

    message = "跳过后流程没有可走的去向，不能跳过。"


class ProcessNotEnded(Refused):
    """Only what has ended is opened again."""

    message = "流程还没有结束，不能重新打开。"


class ReopenNotPossible(Refused):
    """A process that another one called ends with its caller."""

    message = "这个流程不能从所选环节重新打开。"


class ThenUnknown(Invalid):
    """A return goes on forward or straight back."""

    message = "请选择退回后按流程继续，还是直接送回本环节。"


class OwnerDecides(NotAllowed):
    """A delegate works on the unit; its owner submits it, returns it or hands it over."""

    message = "这个环节是委派给您的，办好后请交回，由委派人提交。"


class AlreadyDelegated(Refused):
    """A unit is delegated to one person at a time, and not on from there."""

    message = "这个环节已经委派出去，请先收回。"


class NotDelegated(Refused):
    """There is nothing to give back."""

    message = "这个环节没有委派给别人。"


class DelegateNotAvailable(Invalid):
    """A unit is delegated to somebody else, who is at work."""

    message = "请选择另一名在岗的人员作为受托人。"


class DelegationOver(Invalid):
    """A delegation ends at a moment that lies ahead."""

    message = "委派的截止时间要晚于现在。"


class OwnerNotAway(Refused):
    """No leave of the owner is recorded whose end would bring the unit back."""

    message = "没有登记休假或出差，请另选委派的截止时间。"


STUCK = (
    NoFlowTaken,
    ConditionUndecided,
    LimitUnreadable,
    NeverRests,
    CallsTooDeep,
    TooManyRuns,
    DecisionMissing,
    ElementUnsupported,
)
"""What a timer that is due may be refused with, again and again: ending the process is the way out."""


class NotForMany(Invalid):
    """An operation that needs each unit looked at is not done on many at once."""

    message = "这个操作不能批量进行。"


class TooManyUnits(Invalid):
    """A bound keeps one request short."""

    message = "一次最多处理 200 个环节。"
