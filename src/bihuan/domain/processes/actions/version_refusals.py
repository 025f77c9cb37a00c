"""Why an instance does not change its version, as a person reads it."""

from bihuan.kit.problems import Invalid, Refused


class CannotMigrate(Refused):
    """A live token would have no place in the other version."""


class NotOfThisVersion(Refused):
    """The instance ended or was moved meanwhile."""

    message = "流程已经结束，或已不是这个版本。"


class VersionsDoNotFit(Invalid):
    """Instances move between two published versions of one process."""

    message = "只能在同一流程的两个已发布版本之间迁移。"


class MappingUnknown(Invalid):
    """The mapping names a node that one of the versions does not have."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"对应关系 {before}={after} 里有版本中不存在的图元。")
