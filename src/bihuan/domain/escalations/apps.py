from django.apps import AppConfig


class EscalationsConfig(AppConfig):
    name = "bihuan.domain.escalations"
    label = "escalations"

    def ready(self) -> None:
        """Register the folder of ladders, and who is told when one of our clocks reaches a moment."""
        from bihuan.domain.clocks.ports import LOCKS, MOMENTS
        from bihuan.domain.escalations import actions
        from bihuan.domain.escalations.pack_parts import LadderPart
        from bihuan.domain.packs.ports import PARTS

        PARTS.register(LadderPart.kind, LadderPart())
        MOMENTS.register("ladder", actions.share_used)
        MOMENTS.register("escalation", actions.repeat_due)
        LOCKS.register("ladder", actions.lock_climbs)
        LOCKS.register("escalation", actions.lock_escalations)
