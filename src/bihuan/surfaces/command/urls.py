"""The addresses of the command desk."""

from django.urls import URLPattern, path

from bihuan.surfaces.command.views import cases, desk

urlpatterns: list[URLPattern] = [
    path("command/", desk.index, name="command"),
    path("command/board/", desk.board, name="command-board"),
    path("command/figures/", desk.figures, name="command-figures"),
    path("command/loads/", desk.loads, name="command-loads"),
    path("command/orders/", desk.orders, name="command-orders"),
    path("command/orders/<int:order_id>/<slug:verb>/", cases.operate_order, name="command-order"),
    path("command/cases/<str:number>/", cases.show, name="command-case"),
    path("command/cases/<str:number>/orders/", cases.create_order, name="command-case-orders"),
    path(
        "command/cases/<str:number>/escalations/<int:escalation_id>/acknowledgement/",
        cases.acknowledge,
        name="command-acknowledgement",
    ),
]
