from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "bihuan.domain.portfolios"
    label = "portfolios"

    def ready(self) -> None:
        """Follow customers when they merge, and be told when a first call is late."""
        from bihuan.domain.clocks.ports import LOCKS, MOMENTS
        from bihuan.domain.customers.actions.following import RowsOf
        from bihuan.domain.customers.ports import FOLLOWERS
        from bihuan.domain.portfolios.actions import first_calls

        for table in ("filerequest", "brokenglass", "handoverline", "correction"):
            FOLLOWERS.register(f"portfolios_{table}", RowsOf(f"portfolios_{table}"))
        MOMENTS.register("handover", first_calls.moment_reached)
        LOCKS.register("handover", first_calls.lock_handovers)
