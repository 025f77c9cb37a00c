"""What a process needs around it to run: an org unit, a calendar, and a definition that is in force."""

from datetime import UTC, datetime
from typing import Any, Final

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions as org
from bihuan.domain.packs.choices import Status
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.engines.bpmn.model import Process
from bihuan.engines.worktime import read_slots

BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
OFFICE: Final = "conformance-office"
_WEEK = (read_slots(["08:30-12:00", "13:30-17:30"]),) * 5 + ((), ())


class Stage:
    """One org unit with an office calendar, on which processes are put in force."""

    def __init__(self) -> None:
        at = BEGINNING
        unit = org.create_unit(
            code="conformance", name="流程验证", parent_id=None, by=SYSTEM, at=at
        )
        self.org_unit_id: int = unit.id
        spec = clocks.CalendarSpec(OFFICE, "流程验证工时", "Asia/Shanghai", _WEEK)
        clocks.put_calendar(spec, by=SYSTEM, at=at)
        self._pack = InstalledPack.objects.create(
            key="conformance",
            version="1",
            names={"zh": "流程验证"},
            manifest="",
            installed_at=at,
            installed_by=SYSTEM.ref,
        )

    def people(self, number: int) -> tuple[int, ...]:
        """Take people on who hold the post `agent` here; return their ids."""
        at = BEGINNING
        org.define_role(code="agent", name="办理", verbs=("unit.work",), by=SYSTEM, at=at)
        org.define_post(code="agent", name="办理岗", role_code="agent", by=SYSTEM, at=at)
        found = []
        for one in range(number):
            new = org.NewStaff(login_name=f"fuzz{one}", name=f"员工{one}")
            staff = org.create_staff(new=new, by=SYSTEM, at=at)
            org.hold_post(
                staff_id=staff.pk,
                post_code="agent",
                unit_id=self.org_unit_id,
                period=org.Period(at),
                by=SYSTEM,
                at=at,
            )
            found.append(staff.pk)
        return tuple(found)

    def publish(self, process: Process, **compiled: Any) -> Definition:
        """Put a process in force under its own id."""
        return Definition.objects.create(
            kind="process",
            key=process.key,
            version=1,
            status=Status.PUBLISHED,
            pack=self._pack,
            path=f"processes/{process.key}.bpmn",
            title=process.name or process.key,
            source="",
            compiled={"process": process.to_json(), "calendar": OFFICE, **compiled},
            checksum="",
            published_at=BEGINNING,
        )

    def publish_later(self, process: Process, **compiled: Any) -> Definition:
        """Add a second version, which instances can be moved to; the first stays in force."""
        return Definition.objects.create(
            kind="process",
            key=process.key,
            version=2,
            status=Status.RETIRED,
            pack=self._pack,
            path=f"processes/{process.key}.bpmn",
            title=process.name or process.key,
            source="",
            compiled={"process": process.to_json(), "calendar": OFFICE, **compiled},
            checksum="later",
            published_at=BEGINNING,
            retired_at=BEGINNING,
        )
