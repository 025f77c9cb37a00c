"""How clerks write down what is true: each source system in its own way, with its own mistakes."""

import random
from dataclasses import dataclass

from bihuan.engines.linkage.sample import stock
from bihuan.engines.linkage.sample.people import Customer, Home

_WIDE = str.maketrans("0123456789()-", "０１２３４５６７８９（）－")
_TRADITIONAL = str.maketrans(
    "张刘陈杨黄赵吴孙马罗郑谢许韩冯邓萧卢姜钟谭陆贾龙贺顾龚邵万钱严汤",
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭盧薑鍾譚陸賈龍賀顧龔邵萬錢嚴湯",
)
_TRADITIONAL |= str.maketrans(
    "伟军杰刚辉鹏飞凯华国志东荣兴义诚丽艳娟兰红凤莲贞琼云爱",
    "偉軍傑剛輝鵬飛凱華國志東榮興義誠麗豔娟蘭紅鳳蓮貞瓊雲愛",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A system that customers were entered into: how often ids and dates are missing, how carelessly one typed."""

    name: str
    share: float
    slips: float
    no_id: float
    no_birth: float
    legacy: float


SOURCES = (
    Source("policy", 0.40, 0.05, 0.08, 0.12, 0.02),
    Source("telesales", 0.22, 0.30, 0.65, 0.60, 0.00),
    Source("callcentre", 0.22, 0.22, 0.55, 0.55, 0.00),
    Source("legacy", 0.16, 0.10, 0.12, 0.15, 0.30),
)


class Clerk:
    """Writes customers into one source."""

    def __init__(self, dice: random.Random, source: Source, agents: list[str]) -> None:
        self._dice = dice
        self._source = source
        self._agents = agents

    def _by(self, chance: float) -> bool:
        return self._dice.random() < chance

    def _slips(self, chance: float) -> bool:
        return self._dice.random() < chance * self._source.slips

    def person_name(self, who: Customer) -> str:
        """Return the name as it was heard: a character of the same sound, a title, spaces."""
        name = self._misheard(who.name) if self._slips(0.22) else who.name
        if self._source.slips > 0.2 and self._by(0.025):
            return who.name[0] + ("先生" if who.sex == "M" else "女士")
        if self._by(0.02):
            return self._dice.choice((" ".join(name), f"{name} ", f"{name}（本人）", f"{name}先生"))
        return name.translate(_TRADITIONAL) if self._by(0.012) else name

    def company_name(self, who: Customer) -> str:
        """Return the name in full, turned round, abbreviated or with a wrong character."""
        dice, city = self._dice, who.homes[0].city.removesuffix("市")
        form = (
            dice.choice(("有限公司", "有限责任公司", "公司", "")) if self._slips(0.5) else who.form
        )
        body = who.brand + who.trade
        ways = (
            f"{city}{body}{form}",
            f"{city}市{body}{form}",
            f"{who.brand}（{city}）{who.trade}{form}",
            f"{who.brand}({city}){who.trade}{form}",
            f"{body}{form}",
            body,
        )
        name = dice.choices(ways, (58, 10, 9, 5, 13, 5))[0]
        if self._slips(0.15) and len(body) > 3:
            slip = dice.randrange(len(who.brand))
            wrong = who.brand[:slip] + dice.choice(stock.BRAND) + who.brand[slip + 1 :]
            name = name.replace(who.brand, wrong, 1)
        return name + who.branch

    def code(self, who: Customer) -> str | None:
        """Return the id as copied: a digit wrong, 15 digits in old systems, a small x, spaces."""
        if self._by(self._source.no_id):
            return self._dice.choice(stock.FAKE_IDS) if self._by(0.006) else None
        if self._slips(0.14):
            return self._digit_wrong(who.code)
        if who.is_person and who.code[6:8] == "19" and self._by(self._source.legacy):
            return who.code[:6] + who.code[8:17]
        if self._by(0.03):
            return self._dice.choice(
                (who.code.lower(), f"{who.code[:6]} {who.code[6:14]} {who.code[14:]}")
            )
        return who.code

    def phone(self, who: Customer) -> str | None:
        """Return the present number, an old one, the agent's own, a made-up one, in many notations."""
        dice = self._dice
        if self._by(0.06):
            return None
        number = (
            who.phones[0] if len(who.phones) < 2 or self._by(0.75) else dice.choice(who.phones[1:])
        )
        if self._slips(0.10):
            number = self._digit_wrong(number)
        elif self._by(0.012):
            return dice.choice(stock.FAKE_PHONES)
        elif who.is_person and self._by(0.02 if self._source.name == "policy" else 0.004):
            number = dice.choice(self._agents)
        return self._phone_written(number)

    def _phone_written(self, number: str) -> str:
        if self._by(0.06):
            return self._dice.choice(("+86 ", "86-", "0" if number[0] == "1" else "")) + number
        if self._by(0.05) and "-" not in number:
            return f"{number[:3]}-{number[3:7]}-{number[7:]}"
        return number.translate(_WIDE) if self._by(0.01) else number

    def birth(self, who: Customer) -> str | None:
        """Return the date of birth in the source's notation."""
        if not who.is_person or self._by(self._source.no_birth):
            return None
        date = self._digit_wrong(who.birth) if self._slips(0.10) else who.birth
        if self._source.name == "legacy" and date.count("-") == 2:
            year, month, day = date.split("-")
            ways = (date.replace("-", ""), f"{year}.{month}.{day}", f"{year}年{month}月{day}日")
            return self._dice.choice(ways)
        return date

    def email(self, who: Customer) -> str | None:
        """Return the mail address, in capitals or with a slip in its domain now and then."""
        if not who.email or self._by(0.45):
            return None
        if self._slips(0.10):
            return who.email.replace(".com", ".con")
        return who.email.upper() if self._by(0.03) else who.email

    def address(self, who: Customer) -> str | None:
        """Return the present or an old address, with more or less of it."""
        if self._by(0.10):
            return None
        home = who.homes[0] if self._by(0.8) else self._dice.choice(who.homes)
        written = self._region(home) + self._street(home)
        return written.translate(_WIDE) if self._slips(0.1) else written

    def _region(self, home: Home) -> str:
        province = home.province if home.province != home.city else ""
        short = province.removesuffix("省") + home.city.removesuffix("市") + home.district
        ways = (
            province + home.city + home.district,
            short,
            home.city + home.district,
            home.district,
        )
        slips = self._source.slips
        return self._dice.choices(ways, (60 - 80 * slips, 20, 15 + 40 * slips, 5 + 40 * slips))[0]

    def _street(self, home: Home) -> str:
        dice = self._dice
        street = f"{home.road}{home.number}{'' if self._by(0.1) else '号'}"
        estate = home.estate if self._by(0.7) else ""
        ways = (
            f"{home.house}号楼{home.unit}单元{home.room}室",
            f"{home.house}栋{home.unit}单元{home.room}",
            f"{home.house}-{home.unit}-{home.room}",
            "",
        )
        return street + estate + dice.choices(ways, (50, 25, 15, 10))[0]

    def _misheard(self, name: str) -> str:
        dice = self._dice
        slip = dice.randrange(len(name))
        others = stock.alike().get(name[slip], "")
        if others and self._by(0.8):
            return name[:slip] + dice.choice(others) + name[slip + 1 :]
        if len(name) > 2 and self._by(0.3):
            return name[:slip] + name[slip + 1 :]
        return name[:slip] + dice.choice(stock.MALE + stock.FEMALE) + name[slip + 1 :]

    def _digit_wrong(self, number: str) -> str:
        dice = self._dice
        slip = dice.randrange(len(number) - 1)
        way = dice.random()
        if way < 0.6:
            return number[:slip] + dice.choice("0123456789") + number[slip + 1 :]
        if way < 0.85:
            return number[:slip] + number[slip + 1] + number[slip] + number[slip + 2 :]
        return number[:slip] + number[slip + 1 :]
