"""Why a pack or a definition stays as it is."""

from bihuan.domain.packs.models import Definition
from bihuan.engines.packs.problem import Problem
from bihuan.kit.problems import Invalid, NotFound, Refused


class PackHasProblems(Invalid):
    """A pack or definition is wrong; `problems` says where. Nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"有 {len(problems)} 处需要改正，第一处：{problems[0]}")
        self.problems = problems


class NotADraft(Refused):
    """Only a draft may change or be published."""

    message = "只有草稿可以修改或发布。"


class NotInForce(Refused):
    """Only a published definition can be retired."""

    message = "只有已发布的定义可以停用。"


class StillADraft(Refused):
    """A draft is published, not put in force again."""

    message = "这还是草稿，请直接发布它。"


class NameTaken(Refused):
    """Another definition of the pack already lies under this name."""

    message = "这个编码已经有了，请换一个编码，或从已有的版本起草。"


class DraftGone(NotFound):
    """The definition asked for does not exist, or its draft was thrown away."""

    message = "没有这一版，它可能已被删除。"


class ReasonMissing(Invalid):
    """What changes the work of others says why."""

    def __init__(self) -> None:
        super().__init__("请写明原因。", fields={"reason": "写清为什么"})


class SavedMeanwhile(Refused):
    """Somebody else saved the draft after it was opened; `saved` is what lies there now."""

    def __init__(self, saved: Definition) -> None:
        super().__init__("别人刚保存过这份草稿，您的修改还在本页，请比较后再存。")
        self.saved = saved


class AnotherVersionInForce(Refused):
    """Another version came into force after the person looked; `version` is its number, 0 is none."""

    def __init__(self, version: int) -> None:
        now = f"现在生效的是第 {version} 版" if version else "现在没有生效的版本"
        super().__init__(f"{now}，与您看到的不同，请刷新后再办。")
        self.version = version
