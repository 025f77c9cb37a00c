from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "bihuan.domain.billing"
    label = "billing"
    verbose_name = "收费"

    def ready(self) -> None:
        """Register the prices folder of packs."""
        from bihuan.domain.billing.pack_parts import PricePart
        from bihuan.domain.packs.ports import PARTS

        PARTS.register(PricePart.kind, PricePart())
