"""The addresses of the command desk."""

from django.urls import URLPattern, path

from bihuan.surfaces.command.views import cases, desk, plans, shifts

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
    path("command/shift/", shifts.index, name="command-shift"),
    path("command/shift/card/", shifts.card, name="command-handover-card"),
    path("command/shift/sheet/", shifts.sheet, name="command-sheet"),
    path("command/shift/<int:unit_id>/handover/", shifts.hand_over, name="command-hand-over"),
    path("command/shift/<int:unit_id>/takeover/", shifts.take_over, name="command-take-over"),
    path("command/shift/<int:unit_id>/items/", shifts.note_item, name="command-items"),
    path("command/shift/<int:unit_id>/log/", shifts.write_log, name="command-log"),
    path("command/shift/<int:unit_id>/sheets/", shifts.sign_sheet, name="command-sign-sheet"),
    path("command/items/<int:item_id>/settlement/", shifts.settle_item, name="command-settle"),
    path("command/sheets/<int:sheet_id>/reading/", shifts.read_sheet, name="command-read-sheet"),
    path("command/plans/", plans.index, name="command-plans"),
    path("command/plans/start/", plans.start, name="command-start-plan"),
    path("command/plans/<int:run_id>/steps/<int:position>/", plans.tick, name="command-tick"),
    path("command/plans/<int:run_id>/end/", plans.end, name="command-end-plan"),
]
