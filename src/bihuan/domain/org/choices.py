"""The words that org stores: what a role may allow, and how patient the sign-in page is."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices

VERB_TITLES: Final[dict[str, str]] = {
    "case.open": "受理工单",
    "case.view": "查看工单",
    "case.close": "办结工单",
    "case.reopen": "重开工单",
    "case.classify": "工单分类分级",
    "case.supervise": "督办工单",
    "case.merge": "关联与合并工单",
    "case.control": "受控关闭签字",
    "case.arbitrate": "稽查裁定",
    "case.study": "归因、整改与案例",
    "case.compensate": "补偿与奖励",
    "unit.work": "办理环节",
    "unit.assign": "指派环节",
    "unit.return": "退回环节",
    "unit.jump": "跳转环节",
    "unit.skip": "跳过环节",
    "unit.suspend": "挂起与恢复",
    "process.message": "转达外部消息",
    "unit.terminate": "终止流程",
    "unit.urge": "催办",
    "unit.copy": "抄送",
    "unit.extend": "审批延期",
    "charge.refund": "退费",
    "process.reopen": "重开流程",
    "process.migrate": "迁移流程版本",
    "customer.view": "查看客户",
    "customer.see_phone": "查看完整号码",
    "customer.edit": "维护客户",
    "customer.import": "导入客户资料",
    "customer.merge": "合并客户档案",
    "customer.segment": "客户分群",
    "customer.rate": "拟定客户等级",
    "customer.approve_tiers": "审批客户等级",
    "customer.sign": "签字：调取与划转客户",
    "customer.break_glass": "紧急调阅客户",
    "customer.erase": "匿名化客户资料",
    "pack.install": "安装行业包",
    "process.design": "设计流程",
    "process.publish": "发布流程",
    "org.manage": "管理机构与人员",
    "fact.view": "查看留痕",
    "report.view": "查看报表",
    "export.run": "导出数据",
    "duty.keep": "值班与交接",
    "plan.start": "启动应急预案",
}
VERBS: Final = frozenset(VERB_TITLES)

# What a colleague's leave lends to the delegate: the work, not the office. Rights over people, packs,
# exports and full phone numbers are given to a person by a post and stay there (decision 0061).
VERBS_THAT_STAY: Final = frozenset(
    {
        *("customer.see_phone", "customer.import", "export.run", "org.manage", "pack.install"),
        *("customer.sign", "customer.erase", "process.design", "process.publish"),
    }
)

FAILURES_BEFORE_LOCK: Final = 5
FAILURE_WINDOW: Final = timedelta(minutes=15)
LOCK_LASTS: Final = timedelta(minutes=15)

# A session or token notes when it was last used, but not more often than this.
SEEN_EVERY: Final = timedelta(minutes=1)


class LogKind(TextChoices):
    """What a line of the run log is about."""

    ROUTINE = "ROUTINE", "运行"
    INCIDENT = "INCIDENT", "异常"
    EQUIPMENT = "EQUIPMENT", "设备"
    PATROL = "PATROL", "巡检"
    NOTICE = "NOTICE", "通知"
    VISIT = "VISIT", "来访"


class StepState(TextChoices):
    """How far a line of a plan's checklist has come."""

    OPEN = "OPEN", "待办"
    DONE = "DONE", "完成"
    SKIPPED = "SKIPPED", "不适用"


SHIFT_NAMES: Final = ("白班", "夜班", "早班", "中班", "晚班")
MOST_MATTERS: Final = 100
