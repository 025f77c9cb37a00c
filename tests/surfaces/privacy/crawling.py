"""Every address one person can ask for: by following links, by naming each page, by the API."""

import html
import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.http import Http404
from django.test import Client
from django.urls import resolve

from bihuan.domain.cases.models import Case
from bihuan.domain.customers.models import ContactPoint
from bihuan.domain.processes.models import Token
from bihuan.surfaces.workspace.operations import OPERATIONS
from tests.surfaces.privacy.numbers import text_of

_LINK = re.compile(r'(?:href|src|action|hx-get)="([^"]*)"')
PARTS = ("original", "facts", "flow", "context", "loop")
_LEFT_ALONE = frozenset({"sign-out"})
SAMPLES = 3
MOST_FOLLOWED = 60


@dataclass(frozen=True)
class Seen:
    """One response, everything of it: status, headers and body as text."""

    address: str
    status: int
    text: str


@dataclass
class Reader:
    """A signed-in person's browser, or a program with a person's token."""

    client: Client
    key: str = ""
    _asked: set[str] = field(default_factory=set)

    def ask(self, address: str, *, fragment: bool = False) -> Seen:
        headers = {"HX-Request": "true"} if fragment else {}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        self._asked.add(address)
        return _seen(address, self.client.get(address, headers=headers))

    def post(self, address: str, values: dict[str, str]) -> Seen:
        answer = self.client.post(address, values, headers={"HX-Request": "true"})
        return _seen(address, answer)

    def follow(self, *starts: str) -> Iterator[Seen]:
        """Yield what is behind every link, a few of each kind, recursively."""
        waiting, kinds = deque(starts), Counter[str]()
        known = set(starts)
        followed = 0
        while waiting and followed < MOST_FOLLOWED:
            seen = self.ask(waiting.popleft())
            followed += 1
            yield seen
            for address in _links(seen):
                kind = _kind(address)
                if address not in known and kind and kinds[kind] < SAMPLES:
                    kinds[kind] += 1
                    known.add(address)
                    waiting.append(address)

    def visit(self, addresses: list[str]) -> Iterator[Seen]:
        """Yield what is at each address that was not asked for yet, as HTMX and as a page."""
        for position, address in enumerate(addresses):
            if address not in self._asked:
                yield self.ask(address, fragment=position % 2 == 0)


def pages() -> list[str]:
    """Return every page by name, with what is really there to fill the address."""
    found = ["/", "/queue/", "/intake/", "/sessions/", "/keys/", "/password/", "/theme/"]
    found += [f"/queue/?{q}" for q in ("tier=overdue", "tier=paused", "node=办理", "before=x")]
    found += ["/cases/", "/cases/?view=all", "/cases/?view=mine", "/cases/?order=due&size=3"]
    found += ["/cases/?state=CLOSED", "/cases/000000-0000/", "/nowhere/13770001117/", "/customers/"]
    found += [
        "/orders/?view=all",
        "/escalations/",
        "/bursts/?view=all",
        "/notices/",
        "/studies/",
        "/letters/",
    ]
    found += [f"/cases/export/{kind}/?view=all" for kind in ("csv", "xlsx", "pdf")]
    for position, number in enumerate(_seeded_cases()):
        found += [f"/cases/{number}/", f"/cases/{number}/{PARTS[position % len(PARTS)]}/"]
    units = Token.objects.filter(kind="USER")
    working = units.filter(state__in=("OPEN", "CLAIMED")).values_list("pk", flat=True)
    for position, unit in enumerate(working):
        verb = OPERATIONS[position % len(OPERATIONS)].verb
        found += [f"/units/{unit}/", f"/units/{unit}/{verb}/"]
    for number, unit in _done_units():
        found += [f"/units/{unit}/", f"/cases/{number}/?unit={unit}"]
    for contact in ContactPoint.objects.filter(value__contains="1377").order_by("pk"):
        found += [f"/customers/{contact.customer_id}/"]
        found += [f"/customers/{contact.customer_id}/contacts/{contact.pk}/"]
        found += [f"/intake/?customer={contact.customer_id}"]
    return list(dict.fromkeys(found))


def public_pages() -> list[str]:
    """Return every page of the portal, with every seeded case in the address."""
    found = ["/portal/", "/portal/progress/", "/portal/sent/", "/portal/demo-phone/"]
    for pack in ("hotline", "complaint", "itsm"):
        base = f"/portal/services/{pack}/"
        found += [base, f"{base}new/", f"{base}new/files/1/"]
        found += [f"{base}new/{step}/" for step in ("kind", "what", "where", "who", "check")]
    acts = ("", "now/", "agree/", "refuse/", "urge/", "add/", "withdraw/", "files/1/")
    numbers = _seeded_cases()
    return found + [f"/portal/cases/{number}/{act}" for number in numbers for act in acts]


def searches(number: str) -> list[str]:
    """Return the search boxes asked in each way a person may ask."""
    asked = (
        number,
        f"+86 {number}",
        f"{number[:3]}****{number[-4:]}",
        number[-4:],
        "赵安宁",
        "停电请",
    )
    boxes = ("/search/", "/customers/")
    return [f"{box}?{urlencode({'q': text})}" for box in boxes for text in asked]


def calls(number: str) -> list[str]:
    """Return every GET of the API, with real ids."""
    found = ["/api/v1/cases?size=100", "/api/v1/cases?order=due", "/api/v1/units?size=100"]
    found += ["/api/v1/customers", "/api/v1/units/1", "/api/v1/cases/none", "/api/v1/cases?size=x"]
    for text in (number, f"{number[:3]}****{number[-4:]}", number[-4:], "赵安宁"):
        found.append(f"/api/v1/customers?{urlencode({'q': text})}")
    for position, case in enumerate(_seeded_cases()):
        found.append(f"/api/v1/cases/{case}" + ("/facts?size=100" if position % 2 else ""))
    for unit in Token.objects.filter(kind="USER", state="CLAIMED"):
        found.append(f"/api/v1/units/{unit.pk}")
    return [*found, *(f"/api/v1/units/{unit}" for _number, unit in _done_units())]


def _done_units() -> list[tuple[str, int]]:
    """Return one finished unit of each kind, with its case."""
    done = Token.objects.filter(kind="USER").exclude(state__in=("OPEN", "CLAIMED"))
    done = done.select_related("instance")
    latest = {unit.node: unit for unit in done.order_by("id")}
    numbers = dict(Case.objects.values_list("pk", "number"))
    return [(numbers[int(u.instance.subject.partition(":")[2])], u.pk) for u in latest.values()]


def _seeded_cases() -> list[str]:
    """Return the cases whose texts hold numbers: those the packs' demo data did not bring."""
    return list(Case.objects.filter(source_ref="").order_by("id").values_list("number", flat=True))


def _seen(address: str, answer) -> Seen:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = "\n".join(f"{name}: {value}" for name, value in answer.items())
    heads += "\n".join(morsel.OutputString() for morsel in answer.cookies.values())
    return Seen(address, answer.status_code, f"{heads}\n{_readable(heads)}\n{text_of(content)}")


def _readable(heads: str) -> str:
    return (
        heads.encode().decode("unicode_escape", "replace") if "\\u" in heads else json.dumps(heads)
    )


def _links(seen: Seen) -> Iterator[str]:
    for found in _LINK.findall(seen.text):
        address = urljoin(seen.address, html.unescape(found))
        if address.startswith("/") and not address.startswith(("//", "/static/")):
            yield urlsplit(address)._replace(fragment="").geturl()


def _kind(address: str) -> str:
    """Return the kind of page: its route and what it is asked with, not the values."""
    split = urlsplit(address)
    try:
        route = resolve(split.path)
    except Http404:
        return ""
    if route.url_name in _LEFT_ALONE:
        return ""
    asked = sorted(name for name, _value in parse_qsl(split.query))
    return f"{route.route}?{','.join(asked)}"
