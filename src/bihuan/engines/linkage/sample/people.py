"""One made-up person or company: what is true of it."""

import random
from dataclasses import dataclass

from stdnum.cn import ric, uscc

from bihuan.engines.linkage.sample import stock
from bihuan.engines.linkage.standard import text

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(slots=True)
class Home:
    """A true address."""

    province: str
    city: str
    district: str
    code: str
    road: str
    number: int
    estate: str
    house: int
    unit: int
    room: int


@dataclass(slots=True)
class Customer:
    """A true customer; the first phone and home are the present ones."""

    number: str
    name: str
    code: str
    homes: list[Home]
    phones: list[str]
    email: str = ""
    sex: str = ""
    birth: str = ""
    brand: str = ""
    trade: str = ""
    form: str = ""
    branch: str = ""
    is_fake: bool = False

    @property
    def is_person(self) -> bool:
        """Return whether it is a person; companies have a brand."""
        return not self.brand


def a_home(dice: random.Random, place: tuple[str, str, str, str] | None = None) -> Home:
    """Return an address anywhere, or in a given district."""
    province, city, district, code = place or dice.choice(stock.places())
    road = dice.choice(stock.ROADS) + dice.choice(stock.ROAD_ENDS)
    estate = dice.choice(stock.ROADS) + dice.choice(stock.ESTATES)
    room = dice.randint(1, 33) * 100 + dice.randint(1, 6)
    house = (dice.randint(1, 399), estate, dice.randint(1, 40), dice.randint(1, 4), room)
    return Home(province, city, district, code, road, *house)


def a_mobile(dice: random.Random) -> str:
    """Return a mobile number."""
    return dice.choice(stock.MOBILES) + f"{dice.randrange(10**8):08d}"


def a_person(dice: random.Random, number: str, kin: Customer | None) -> Customer:
    """Return a person; `kin` is somebody of the same household, often of the same family name."""
    sex = dice.choice("MF")
    family = _family_name(dice, kin)
    name = family + _given(dice, sex)
    birth = f"{dice.randint(1942, 2005)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    home = kin.homes[0] if kin else a_home(dice)
    homes = [home, a_home(dice)] if dice.random() < 0.18 else [home]
    phones = _phones(dice, kin)
    code = _resident_id(dice, homes[-1].code, birth, sex)
    email = _mail(dice, name, birth) if dice.random() < 0.45 else ""
    return Customer(number, name, code, homes, phones, email, sex, birth)


def a_company(dice: random.Random, number: str, group: Customer | None) -> Customer:
    """Return a company; `group` is another of the same brand and trade elsewhere, or its parent."""
    home = a_home(dice)
    homes = [home, a_home(dice, (home.province, home.city, home.district, home.code))]
    if dice.random() > 0.15:
        homes.pop()
    code = f"91{home.code}" + "".join(dice.choices(_ALPHABET, k=9))
    code += uscc.calc_check_digit(code)
    phones = [_landline(dice, home.code) if dice.random() < 0.5 else a_mobile(dice)]
    if dice.random() < 0.35:
        phones.append(a_mobile(dice))
    brand = group.brand if group else _brand(dice)
    form = dice.choices(stock.FORMS, (70, 20, 5, 5))[0]
    made = Customer(number, "", code, homes, phones)
    made.brand, made.trade, made.form = (
        brand,
        group.trade if group else dice.choice(stock.TRADES),
        form,
    )
    if dice.random() < 0.45:
        box = text.sound(brand).replace(" ", "")
        made.email = (
            f"{dice.choice(('info', 'office', 'hr', 'sales'))}@{box}{dice.randint(1, 999)}.com"
        )
    made.name = home.city.removesuffix("市") + brand + made.trade + form
    return made


def _family_name(dice: random.Random, kin: Customer | None) -> str:
    if kin and dice.random() < 0.6:
        return kin.name[:2] if kin.name[:2] in stock.COMPOUND else kin.name[0]
    if dice.random() < 0.006:
        return dice.choice(stock.COMPOUND)
    return dice.choices(stock.SURNAMES, cum_weights=stock.weights(len(stock.SURNAMES), 1.15))[0]


def _given(dice: random.Random, sex: str) -> str:
    pool = stock.MALE if sex == "M" else stock.FEMALE
    size = 1 if dice.random() < 0.18 else 2
    return "".join(dice.choices(pool, cum_weights=stock.weights(len(pool), 0.55), k=size))


def _phones(dice: random.Random, kin: Customer | None) -> list[str]:
    phones = [a_mobile(dice)]
    if kin and dice.random() < 0.3:
        phones.insert(dice.randint(0, 1), kin.phones[0])
    if dice.random() < 0.22:
        phones.append(a_mobile(dice))
    return phones


def _landline(dice: random.Random, code: str) -> str:
    area = (
        stock.AREA_CODES.get(code[:4])
        or stock.AREA_CODES.get(code[:2])
        or f"0{dice.choice((571, 755, 512, 531, 731, 371, 592))}"
    )
    return f"{area}-{dice.choice('2568')}{dice.randrange(10**7):07d}"


def _resident_id(dice: random.Random, region: str, birth: str, sex: str) -> str:
    order = dice.randrange(0, 500) * 2 + (1 if sex == "M" else 0)
    digits = f"{region}{birth.replace('-', '')}{order:03d}"
    return digits + ric.calc_check_digit(digits + "0")


def _mail(dice: random.Random, name: str, birth: str) -> str:
    if dice.random() < 0.4:
        return f"{dice.randint(10**8, 4 * 10**9)}@qq.com"
    box = text.sound(name).replace(" ", "")
    return f"{box}{dice.choice((birth[2:4], birth[:4], str(dice.randint(1, 9999))))}@{dice.choice(stock.MAILS)}"


def _brand(dice: random.Random) -> str:
    return "".join(dice.choices(stock.BRAND, k=dice.choice((2, 2, 3, 3))))
