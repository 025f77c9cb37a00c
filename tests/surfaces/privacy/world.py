"""A service desk at work: the shipped packs, their demo people and cases, and numbers in every text."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.notifications.actions import write_letter
from bihuan.domain.notifications.events import Letter
from bihuan.domain.org import actions as org, queries as people
from bihuan.domain.packs.actions import install_pack
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from bihuan.engines.contacting import Purpose as For
from bihuan.integrations import scenarios
from bihuan.kit import clock
from tests.packs import shipped
from tests.surfaces.privacy.numbers import Numbers

CENTRE, STATION, IT = "csc", "qingxi-dongmen", "it"
LINES = {
    "hotline": {
        "accept": "linxiao",
        "judge": "shenzhiyuan",
        "dispatch": "gumingyu",
        "handle": "zhouli",
        "review": "sumin",
        "verify": "qiumin",
        "archive": "fangqin",
    },
    "itsm": {
        "desk": "it-songjia",
        "application": "it-luwei",
        "vendor": "it-yuhang",
        "confirm": "it-panyue",
    },
}
CLASSES = {"hotline": "fault.low.single", "itsm": "application.function.interface"}


@dataclass
class World:
    """What was seeded, and where the numbers are."""

    numbers: Numbers = field(default_factory=Numbers)
    cases: list[OpenedCase] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    at: datetime = field(default_factory=clock.now)

    def actor(self, login: str) -> Actor:
        return people.actor_for(people.staff_by_login(login).pk, self.at)

    def access(self, login: str):
        return people.access_of(people.staff_by_login(login).pk, self.at)

    def may_see(self, login: str, number: str) -> bool:
        """Tell whether a person holds the permission where a number belongs."""
        typed, access = self.numbers.typed.get(number), self.access(login)
        places = typed.units if typed else ()
        return any(
            access.may("customer.see_phone", people.unit_by_code(code).id) for code in places
        )


def build() -> World:
    """Install the packs, open the demo logins, load the demo data, and work cases to every unit."""
    now = clock.now()
    long_ago = now - timedelta(days=400)
    for key in shipped.KEYS:
        source = shipped.pack(key)
        beside = tuple(shipped.pack(need.key) for need in source.manifest.requires)
        install_pack(source.standing_on(beside), by=SYSTEM, at=long_ago)
    org.open_demo_logins(by=SYSTEM, at=long_ago)
    for key in ("hotline", "itsm"):
        scenarios.load(key, at=now - timedelta(hours=2))
    world = World(at=now - timedelta(hours=1))
    for code in (CENTRE, STATION, IT):
        world.customers.append(_customer(world, code))
    for pack, line in LINES.items():
        for until in (*line, "closed"):
            _worked(world, pack, until)
    _rerouted(world)
    _unsent(world)
    return world


def _customer(world: World, unit: str) -> int:
    """Write a customer down with a number in every field a person can type into."""
    say, number = world.numbers.said, world.numbers.bare
    contacts = [
        customers.Contact(ContactKind.PHONE, number("contact: phone", unit)),
        customers.Contact(ContactKind.PHONE, f"+86 {number('contact: second phone', unit)}"),
        customers.Contact(ContactKind.WECHAT, number("contact: wechat", unit)),
        customers.Contact(ContactKind.EMAIL, f"{number('contact: mail', unit)}@example.cn"),
        customers.Contact(ContactKind.ADDRESS, say("contact: address", unit)),
    ]
    new = customers.NewCustomer(
        name=f"赵安宁{say('customer: name', unit)}",
        unit_id=people.unit_by_code(unit).id,
        note=say("customer: note", unit),
        contacts=contacts,
        accounts=[customers.NewAccount(f"99{unit}", address=say("account: address", unit))],
    )
    return customers.create_customer(new=new, by=SYSTEM, at=world.at).pk


def _worked(world: World, pack: str, until: str) -> OpenedCase:
    """Open a case and work it up to a unit, whose worker leaves a draft; a number in every text."""
    case = _opened(world, pack)
    line = LINES[pack]
    for node, login in line.items():
        values = _values(world, pack, node)
        unit = _open_unit(case, node)
        processes.save_draft(unit, values, by=world.actor(login), at=world.at)
        if node == until:
            break
        processes.submit(unit, _values(world, pack, node), by=world.actor(login), at=world.at)
    cases.add_note(
        case_id=case.id,
        text=world.numbers.said(f"{pack}: note", *_places(pack)),
        by=world.actor(line["judge" if pack == "hotline" else "application"]),
        at=world.at,
    )
    return case


def _opened(world: World, pack: str) -> OpenedCase:
    say, (home, *_) = world.numbers.said, _places(pack)
    where = _places(pack)
    request = CaseRequest(
        pack=pack,
        title=f"停电{say(f'{pack}: title', *where)}",
        description=say(f"{pack}: description", *where),
        org_unit_id=people.unit_by_code(home).id,
        class_code=CLASSES[pack],
        customer_id=world.customers[0 if pack == "hotline" else 2],
        contact_name=f"钱{say(f'{pack}: contact name', *where)}",
        contact_phone=world.numbers.bare(f"{pack}: contact phone", *where),
    )
    by = world.actor(next(iter(LINES[pack].values())))
    case = cases.open_case(request, by=by, at=world.at)
    world.cases.append(case)
    return case


def _unsent(world: World) -> None:
    """Leave a letter that was withheld, with a number in all that it says and as its address."""
    where = _places("hotline")
    words = [world.numbers.said(f"letter: {part}", *where) for part in ("title", "text", "name")]
    letter = Letter(
        key="unsent",
        root=f"case:{world.cases[0].id}",
        channel="SMS",
        address=world.numbers.bare("letter: address", *where),
        title=words[0],
        text=words[1],
        name=words[2],
        purpose=For.MARKETING,
    )
    write_letter(letter, at=world.at)


def _rerouted(world: World) -> None:
    """Leave a reason with a number at everything that takes one."""

    def why(what: str) -> str:
        return world.numbers.said(f"reason: {what}", *_places("hotline"))

    at = world.at
    returned = _worked(world, "hotline", "review")
    unit = _open_unit(returned, "review")
    processes.return_unit(unit, "previous", reason=why("return"), by=world.actor("sumin"), at=at)
    suspended = _worked(world, "hotline", "dispatch")
    by = world.actor("gumingyu")
    processes.suspend(suspended.instance_id, reason=why("suspend"), by=by, at=at)
    ended = _worked(world, "hotline", "handle")
    processes.terminate(ended.instance_id, reason=why("terminate"), by=world.actor("yeqing"), at=at)
    passed_on = _worked(world, "itsm", "application")
    processes.transfer(
        _open_unit(passed_on, "application"),
        to_staff_id=people.staff_by_login("it-caojing").pk,
        reason=world.numbers.said("reason: transfer", IT),
        by=world.actor("it-luwei"),
        at=at,
    )


def _values(world: World, pack: str, node: str) -> dict[str, Any]:
    places, now = _places(pack), world.at.isoformat()

    def say(code: str) -> str:
        return f"已经处理完毕。{world.numbers.said(f'{pack}: {node}.{code}', *places)}"

    def number(code: str) -> str:
        return world.numbers.bare(f"{pack}: {node}.{code}", *places)

    values: dict[str, dict[str, Any]] = {
        "accept": {
            "contact_name": "赵安宁",
            "contact_phone": number("contact_phone"),
            "alternative_phone": number("alternative_phone"),
            "request_summary": say("request_summary"),
            "address": say("address"),
            "callback_time": say("callback_time"),
        },
        "judge": {
            "class_code": CLASSES["hotline"],
            "importance": "2",
            "urgency": "2",
            "scope": "1",
            "complexity": "simple",
            "countermeasure": say("countermeasure"),
        },
        "dispatch": {
            "org_unit": STATION,
            "needs_visit": False,
            "instruction": say("instruction"),
        },
        "handle": {
            "contacted_at": now,
            "cause": "equipment",
            "handling": say("handling"),
            "reply": say("reply"),
            "customer_told": False,
            "untold_reason": say("untold_reason"),
        },
        "review": {"review": "pass", "attribution": "none", "review_note": say("review_note")},
        "verify": {"consent": "agreed", "score": "5", "is_solved": True, "note": say("note")},
        "archive": {
            "is_complete": False,
            "missing": say("missing"),
            "makes_knowledge": True,
            "knowledge_title": say("knowledge_title"),
            "archive_note": say("archive_note"),
        },
        "desk": {
            "class_code": CLASSES["itsm"],
            "symptom": say("symptom"),
            "system": say("system"),
            "scope": "2",
            "urgency": "2",
            "outcome": "escalate",
        },
        "application": {"outcome": "escalate", "diagnosis": say("diagnosis")},
        "vendor": {"outcome": "resolved", "handling": say("handling")},
        "confirm": {"consent": "agreed", "score": "4", "note": say("note")},
    }
    return values[node]


def _places(pack: str) -> tuple[str, ...]:
    """Where a case's numbers belong: where it was taken in, and who answers for it."""
    return (CENTRE, STATION) if pack == "hotline" else (IT,)


def _open_unit(case: OpenedCase, node: str) -> int:
    units = Token.objects.filter(instance_id=case.instance_id, node=node, kind="USER")
    return units.filter(state__in=("OPEN", "CLAIMED")).latest("id").pk


def addresses(case: OpenedCase, customer_id: int) -> list[str]:
    """Return the pages of a case, of its units and of a customer."""
    parts = ("", "original/", "facts/", "flow/", "context/")
    found = [f"/cases/{case.number}/{part}" for part in parts]
    units = Token.objects.filter(instance_id=case.instance_id, kind="USER")
    for unit in units.values_list("pk", flat=True):
        found += [f"/units/{unit}/", f"/units/{unit}/return/"]
    return [*found, f"/customers/{customer_id}/"]
