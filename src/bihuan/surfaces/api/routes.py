"""`/api/v1/units/…` and `/api/v1/instances/…`: what changes the route of a process, or stops it."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.ports import InstanceChange
from bihuan.kit import clock
from bihuan.surfaces.api import route_schemas, schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

units = Router()
instances = Router()
skips = Router()
migrations = Router()


@units.post("/{unit_id}/return", response=schemas.InstanceOut)
def send_back(request: HttpRequest, unit_id: int, body: route_schemas.ReturnIn) -> HttpResponse:
    """Return a unit to an earlier one (退回), to go on from there or to come straight back."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.work", also="unit.return")
        change = actions.return_unit(
            unit_id, body.to, reason=body.reason, then=body.then, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@units.post("/{unit_id}/withdrawal", response=schemas.InstanceOut)
def withdraw(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Take back a unit one has submitted (撤回), while nobody has touched what followed."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.work")
        return out(actions.withdraw(unit_id, by=by, at=clock.now()))

    return carry_out(request, work)


@units.post("/{unit_id}/skip", response=schemas.InstanceOut)
def skip(request: HttpRequest, unit_id: int, body: schemas.ReasonIn) -> HttpResponse:
    """Go on without a unit (跳过); it is counted against who had it. Needs `unit.skip` there."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.skip")
        return out(actions.skip_unit(unit_id, reason=body.reason, by=by, at=clock.now()))

    return carry_out(request, work)


@units.post("/{unit_id}/co-handlers", response=schemas.InstanceOut)
def add_co_handler(
    request: HttpRequest, unit_id: int, body: route_schemas.CoHandlerIn
) -> HttpResponse:
    """Let one more person sign a unit (加签); the flow goes on when all have."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.work", also="unit.assign")
        change = actions.add_co_handler(
            unit_id, staff_id=body.staff_id, reason=body.reason, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@units.post("/{unit_id}/removal", response=schemas.InstanceOut)
def remove_co_handler(
    request: HttpRequest, unit_id: int, body: route_schemas.NoteIn
) -> HttpResponse:
    """Let a person who was to sign not sign after all (减签). `unit_id` is their own unit."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.work", also="unit.assign")
        return out(actions.remove_co_handler(unit_id, reason=body.reason, by=by, at=clock.now()))

    return carry_out(request, work)


@instances.post("/{instance_id}/jump", response=schemas.InstanceOut)
def jump(request: HttpRequest, instance_id: int, body: route_schemas.JumpIn) -> HttpResponse:
    """Open another unit instead of one, or of all that is open (干预). Needs `unit.jump`."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.jump")
        change = actions.jump(
            instance_id, body.to, reason=body.reason, token_id=body.unit_id, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@instances.post("/{instance_id}/suspension", response=schemas.InstanceOut)
def suspend(
    request: HttpRequest, instance_id: int, body: route_schemas.SuspensionIn
) -> HttpResponse:
    """Stop an instance and its clocks (停表), until a moment or until resumed."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.suspend")
        change = actions.suspend(
            instance_id, reason=body.reason, until=body.until, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@instances.post("/{instance_id}/resumption", response=schemas.InstanceOut)
def resume(request: HttpRequest, instance_id: int) -> HttpResponse:
    """Let a suspended instance go on with the time its clocks have left (走表)."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.suspend")
        return out(actions.resume(instance_id, by=by, at=clock.now()))

    return carry_out(request, work)


@instances.post("/{instance_id}/termination", response=schemas.InstanceOut)
def terminate(request: HttpRequest, instance_id: int, body: schemas.ReasonIn) -> HttpResponse:
    """End an instance at once (作废). Needs `unit.terminate`."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.terminate")
        return out(actions.terminate(instance_id, reason=body.reason, by=by, at=clock.now()))

    return carry_out(request, work)


@instances.post("/{instance_id}/reopening", response=schemas.InstanceOut)
def reopen(request: HttpRequest, instance_id: int, body: route_schemas.ReopeningIn) -> HttpResponse:
    """Let an ended instance go on at a unit (重开), with clocks that begin anew."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "process.reopen")
        change = actions.reopen_instance(
            instance_id, body.to, reason=body.reason, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@skips.get("", response=list[route_schemas.SkipCount])
def skipped(
    request: HttpRequest, since: datetime | None = None, until: datetime | None = None
) -> list[route_schemas.SkipCount]:
    """Return the units skipped in a half-open period, counted by who had them (TKT-08).

    Without a period: in the 30 days up to now.
    """
    access = access_of(request, "report.view")
    until = until or clock.now()
    since = since or until - timedelta(days=30)
    found = queries.skips_by_owner(access, since=since, until=until)
    return [route_schemas.SkipCount.model_validate(one, from_attributes=True) for one in found]


@migrations.post("", response=route_schemas.MigrationOut)
def migrate(request: HttpRequest, body: route_schemas.MigrationIn) -> HttpResponse:
    """Move the running instances of a version to another (流程版本迁移), or only try it.

    Each is moved whole or not at all; `results` says what became of each. Needs `process.migrate`.
    """

    def work() -> route_schemas.MigrationOut:
        by = actor_of(request, "process.migrate")
        plan = actions.MigrationPlan(
            body.from_definition, body.to_definition, body.reason, body.nodes
        )
        report = actions.migrate_instances(plan, dry_run=body.dry_run, by=by, at=clock.now())
        return route_schemas.MigrationOut.model_validate(report, from_attributes=True)

    return carry_out(request, work)


@migrations.post("/{batch_id}/reversal", response=route_schemas.MigrationOut)
def reverse(request: HttpRequest, batch_id: int, body: route_schemas.ReversalIn) -> HttpResponse:
    """Move the instances of a batch back to the version they came from."""

    def work() -> route_schemas.MigrationOut:
        by = actor_of(request, "process.migrate")
        report = actions.reverse_migration(
            batch_id, reason=body.reason, dry_run=body.dry_run, by=by, at=clock.now()
        )
        return route_schemas.MigrationOut.model_validate(report, from_attributes=True)

    return carry_out(request, work)


def out(change: InstanceChange) -> schemas.InstanceOut:
    """Return where the process stands after an operation."""
    return schemas.InstanceOut(
        instance_id=change.instance_id,
        state=change.state,
        rev=change.rev,
        open_units=[unit.node for unit in change.units],
    )
