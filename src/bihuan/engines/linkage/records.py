"""One record as it is compared: every field in one form, what is wrong with it, and what it amounts to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache

from bihuan.engines.linkage import standard
from bihuan.engines.linkage.roles import Role
from bihuan.engines.linkage.standard import Flaw, text, western
from bihuan.engines.linkage.standard.phones import looks_made_up

MOST_OTHERS = 6
Typed = Mapping[Role, Sequence[str | None]]
_COMPANY_KINDS = frozenset(
    [
        "c",
        "company",
        "organisation",
        "organization",
        "corporate",
        "business",
        "单位",
        "企业",
        "公司",
        "机构",
        "对公",
    ]
)
_NO_DIGITS = re.compile(r"[^0-9a-z]+")
_SOUNDEX = {
    char: str(digit)
    for digit, chars in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for char in chars
}


class Verdict(StrEnum):
    """What a record amounts to: somebody who can be identified and reached, made up, or too little to say."""

    REAL = "REAL"
    FALSE = "FALSE"
    INCOMPLETE = "INCOMPLETE"


@dataclass(frozen=True, slots=True)
class Record:
    """A record in the form in which it is compared; None is not known. Letters and digits only where edits are counted."""

    record: str
    source: str
    unit: str
    is_company: bool
    name: str | None = None
    letters: str | None = None
    given: str | None = None
    family: str | None = None
    given_code: str | None = None
    family_code: str | None = None
    brand: str | None = None
    branch: str | None = None
    region: str | None = None
    grams: list[str] | None = None
    birth: str | None = None
    year: str | None = None
    id_typed: str | None = None
    id_valid: str | None = None
    phone: str | None = None
    email: str | None = None
    box: str | None = None
    area: str | None = None
    road: str | None = None
    door: str | None = None
    place: str | None = None
    place_number: str | None = None
    postcode: str | None = None
    other_1: str | None = None
    other_2: str | None = None
    other_3: str | None = None
    other_4: str | None = None
    other_5: str | None = None
    other_6: str | None = None
    flaws: list[str] | None = None
    verdict: str = Verdict.INCOMPLETE


COLUMNS = tuple(field.name for field in fields(Record))
LISTS = frozenset({"grams", "flaws"})


def read_record(typed: Typed, record: str, source: str = "", *, companies: bool = False) -> Record:
    """Bring one record to the form in which it is compared.

    `typed` holds the values of each role; `companies` says that names are of companies where no kind is given.
    """
    is_company = _is_company(typed, companies=companies)
    found: dict[str, object] = {}
    flaws: list[str] = []
    (_company if is_company else _person)(typed, found, flaws)
    _contacts(typed, found, flaws)
    _addresses(typed, found, flaws)
    for index, value in enumerate(typed.get(Role.OTHER, ())[:MOST_OTHERS], 1):
        found[f"other_{index}"] = text.letters(text.plain(value)).strip() or None
    unit = text.plain(_first(typed, Role.UNIT))
    verdict = _verdict(found, flaws)
    return Record(record, source, unit, is_company, flaws=flaws or None, verdict=verdict, **found)  # type: ignore[arg-type]


def read_name(typed: Typed, *, companies: bool) -> dict[str, object]:
    """Return only what name, number and date of birth amount to, as the columns of a record; see `read_record`."""
    found: dict[str, object] = {"name": None}
    (_company if companies else _person)(typed, found, [])
    return found


def _is_company(typed: Typed, *, companies: bool) -> bool:
    if kind := text.plain(_first(typed, Role.KIND)).lower():
        return kind in _COMPANY_KINDS
    named = any(_first(typed, role) for role in (Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME))
    return companies or (not named and bool(_first(typed, Role.ORGANISATION)))


def _person(typed: Typed, found: dict[str, object], flaws: list[str]) -> None:
    given, family = (
        text.plain(_first(typed, Role.GIVEN_NAME)),
        text.plain(_first(typed, Role.FAMILY_NAME)),
    )
    whole = _first(typed, Role.FULL_NAME) or ""
    if given or family:
        chinese = text.has_han(family + given)
        whole = f"{family}{given}" if chinese else f"{given} {family}".strip()
    name = standard.read_person(whole)
    _note(flaws, "name", name.flaw)
    if name.value:
        found |= {"name": name.value, "letters": name.letters.replace(" ", "")}
    _parts(name, given, family, found)
    code = (
        standard.read_resident_id(_first(typed, Role.ID))
        if _chinese_id(_first(typed, Role.ID))
        else None
    )
    if code:
        _note(flaws, "id", code.flaw)
        if code.flaw is not Flaw.FAKE:
            found |= {"id_typed": code.digits[:17] or None, "id_valid": code.value or None}
    else:
        _foreign_id(typed, found)
    _birth(typed, code.birth if code else "", found, flaws)


def _parts(name: standard.PersonName, given: str, family: str, found: dict[str, object]) -> None:
    if text.has_han(name.value):
        found |= {
            "given": text.sound(f"一{name.given}")[2:].replace(" ", "") or None,
            "family": text.sound(name.family).replace(" ", ""),
        }
    else:
        split = bool(given or family)
        found |= {"given": (text.latin(given) if split else name.given) or None}
        found |= {"family": (text.latin(family) if split else name.family) or None}
    found |= {
        "given_code": soundex(str(found["given"] or "")),
        "family_code": soundex(str(found["family"] or "")),
    }


def _company(typed: Typed, found: dict[str, object], flaws: list[str]) -> None:
    company = standard.read_company(
        _first(typed, Role.ORGANISATION) or _first(typed, Role.FULL_NAME)
    )
    _note(flaws, "name", company.flaw)
    if company.value:
        found |= {"name": company.core, "letters": company.letters.replace(" ", "")[:80]}
        found |= {
            "brand": company.brand,
            "branch": company.branch or "-",
            "region": company.region or None,
        }
        found |= {"grams": _grams(company.core)}
        found |= {
            "family": " ".join(sorted(company.core.split(" ")))
            if not text.has_han(company.core)
            else None
        }
    code = (
        standard.read_credit_code(_first(typed, Role.ID))
        if _chinese_id(_first(typed, Role.ID))
        else None
    )
    if code:
        _note(flaws, "id", code.flaw)
        if code.flaw is not Flaw.FAKE:
            found |= {"id_typed": code.digits or None, "id_valid": code.value or None}
    else:
        _foreign_id(typed, found)


def _chinese_id(raw: str | None) -> bool:
    """Return whether to read an id by the rules of China: what has 15 to 18 characters, or is missing."""
    digits = _NO_DIGITS.sub("", text.plain(raw).lower())
    return not digits or len(digits) > 13


def _foreign_id(typed: Typed, found: dict[str, object]) -> None:
    found["id_typed"] = _NO_DIGITS.sub("", text.plain(_first(typed, Role.ID)).lower()) or None


def _birth(typed: Typed, by_id: str, found: dict[str, object], flaws: list[str]) -> None:
    read = standard.read_birth(_first(typed, Role.DATE_OF_BIRTH))
    digits = read.digits or by_id.replace("-", "")
    if not (read.flaw is Flaw.MISSING and by_id):
        _note(flaws, "birth", read.flaw)
    found |= {"birth": digits or None, "year": digits[:4] or None}


def _contacts(typed: Typed, found: dict[str, object], flaws: list[str]) -> None:
    phones = [standard.read_phone(one) for raw in typed.get(Role.PHONE, ()) for one in _split(raw)]
    usable = [one.value for one in phones if one.value]
    loose = [
        _NO_DIGITS.sub("", one.typed.lower())[-10:]
        for one in phones
        if one.flaw in {Flaw.MALFORMED, Flaw.INCOMPLETE}
    ]
    near = [one for one in loose if len(one) >= 7]
    _note(flaws, "phone", None if usable else phones[0].flaw if phones else Flaw.MISSING)
    if found.get("name") and not text.has_han(str(found["name"])):
        found["phone"] = _latin_phone(typed)
    else:
        found["phone"] = next(iter([*usable, *near]), None)
    email = standard.read_email(_first(typed, Role.EMAIL))
    _note(flaws, "email", email.flaw)
    value = email.value or (
        email.typed.lower() if email.flaw is Flaw.MALFORMED and "@" in email.typed else ""
    )
    found |= {"email": value or None, "box": value.split("@")[0] or None}


def _latin_phone(typed: Typed) -> str | None:
    """Return the digits of the first number: whose table it is does not say by which country's rules to read it."""
    numbers = [western.phone(text.plain(raw)) for raw in typed.get(Role.PHONE, ())]
    return next((one for one in numbers if one and not looks_made_up(one)), None)


def _split(raw: str | None) -> Sequence[str]:
    return (
        [one.typed for one in standard.read_phones(raw)]
        if raw and ("/" in raw or "、" in raw)
        else [raw or ""]
    )


def _addresses(typed: Typed, found: dict[str, object], flaws: list[str]) -> None:
    whole = " ".join(part for part in typed.get(Role.ADDRESS, ()) if part)
    address = standard.read_address(whole)
    _note(flaws, "address", address.flaw)
    found["postcode"] = western.postcode(text.plain(_first(typed, Role.POSTCODE))) or None
    if not address.value:
        return
    if text.has_han(address.value):
        road, door = address.road_key, address.door_key
        found |= {
            "area": address.code if len(address.code) == 6 else None,
            "road": road or None,
            "door": door or None,
        }
    else:
        street = western.read_street(address.typed)
        found |= {
            "place": street.place or None,
            "place_number": street.number or None,
            "road": street.door or None,
            "postcode": found["postcode"] or street.postcode or None,
        }


def _grams(core: str) -> list[str]:
    bare = core.replace(" ", "") if text.has_han(core) else core
    return sorted({bare[index : index + 2] for index in range(len(bare) - 1)} or {bare})


@lru_cache(maxsize=20_000)
def soundex(name: str) -> str | None:
    """Return the English sound code of a name's first word."""
    word = name.split(" ", maxsplit=1)[0]
    if not word:
        return None
    code, last = word[0], _SOUNDEX.get(word[0], "")
    for char in word[1:]:
        digit = _SOUNDEX.get(char, "")
        if digit and digit != last:
            code += digit
        last = last if char in "hw" else digit
    return f"{code}000"[:4]


def _note(flaws: list[str], field: str, flaw: Flaw | None) -> None:
    if flaw:
        flaws.append(f"{field}:{flaw}")


def _verdict(found: Mapping[str, object], flaws: Sequence[str]) -> Verdict:
    false = {flaw.split(":")[0] for flaw in flaws if flaw.endswith((Flaw.FAKE, Flaw.MALFORMED))}
    reachable = any(found.get(key) for key in ("phone", "email", "door", "place"))
    if f"name:{Flaw.FAKE}" in flaws or ({"phone", "id"} <= false and not found.get("id_valid")):
        return Verdict.FALSE
    if "name" not in found:
        return Verdict.INCOMPLETE
    return Verdict.REAL if found.get("id_valid") or reachable else Verdict.INCOMPLETE


def _first(typed: Typed, role: Role) -> str | None:
    return next((value for value in typed.get(role, ()) if value and value.strip()), None)
