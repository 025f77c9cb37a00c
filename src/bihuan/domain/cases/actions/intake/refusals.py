"""Why a request is not taken in as it was sent."""

from bihuan.kit.problems import Invalid, NotFound, Refused


class SenderMissing(Invalid):
    """Who hands a case on to us is named (CHN-07)."""

    message = "请填写来文单位。"

    def __init__(self) -> None:
        super().__init__(fields={"sender": "请填写来文单位"})


class ReplyDueTooEarly(Invalid):
    """A sender's deadline lies ahead."""

    message = "来文要求的答复时间已过，请核对。"

    def __init__(self) -> None:
        super().__init__(fields={"reply_due_at": "应晚于现在"})


class ReferralKnown(Refused):
    """The sender's letter is a case already."""

    def __init__(self, reference: str, number: str) -> None:
        super().__init__(
            f"来文 {reference} 已建单 {number}，请在该工单上补充。",
            fields={"reference": f"已建单 {number}"},
        )


class TooFewPeople(Invalid):
    """One person makes no petition (CHN-20)."""

    message = "群体诉求至少 2 人。"

    def __init__(self) -> None:
        super().__init__(fields={"headcount": "至少 2 人"})


class PersonUnreadable(Invalid):
    """A person behind a petition has a name."""

    message = "参与人要写姓名，后面可以写手机号，一人一行。"

    def __init__(self) -> None:
        super().__init__(fields={"people": "一人一行：姓名 手机号"})


class AnswerMissing(Invalid):
    """What was answered on the spot is written down."""

    message = "请填写当场答复的内容。"

    def __init__(self) -> None:
        super().__init__(fields={"answer": "请填写当场答复"})


class EntryMissing(NotFound):
    """No such line of the register, or somebody has seen to it."""

    message = "登记簿里没有这一条，或已有人处理。"
