"""Names of people: Chinese and Latin, with the titles and remarks that clerks write beside them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bihuan.engines.linkage.standard import text
from bihuan.engines.linkage.standard.flaws import Flaw

_TITLES = "先生|女士|小姐|太太|夫人|老师|师傅|经理|总经理|董事长|医生|大夫|律师|教授|主任|科长|处长|局长|老板|同志|阿姨|叔叔|大爷|大妈|大哥|大姐"
_TITLE = re.compile(f"(?:{_TITLES})+$")
_LATIN_TITLE = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof|sir|dame|lady|lord|rev|hon|mx)\s+|\s+(?:jr|sr|esq|phd|md|[ivx]{2,4})$"
)
_REMARK = re.compile(r"[(\[【<《{].*?[)\]】>》}]")
_DOTS = re.compile(r"[·•・‧∙⋅．.。]")
_HAN_NAME = re.compile(f"[{text.HAN}]+(?:·[{text.HAN}]+)*")
_COMPOUND = text.words(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 司空 夏侯 轩辕 端木 南宫 独孤 百里 闻人 呼延 澹台 "
    "公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 钟离 鲜于 闾丘 亓官 司寇 乐正 拓跋 完颜 万俟 第五 东郭 西门 南门 梁丘 左丘"
)
_FAKE = text.words(
    "测试 测试用户 测试客户 试验 无名 无名氏 匿名 不详 未知 暂无 没有 客户 用户 顾客 业主 本人 某人 某某 某某某 先生 女士 "
    "张三 李四 王五 赵六 张三丰 路人甲 路人乙 游客 访客 同上 空 无 略 阿猫 阿狗 甲乙丙 新客户 老客户 散客 潜在客户 测试员"
)
_FAKE_LATIN = text.words(
    "test testing tester none null na nil unknown anonymous asdf qwerty abc "
    "xxx aaa demo user customer guest"
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name: `value` whole, split, its letters (pinyin or ASCII), and the title it came with."""

    value: str = ""
    family: str = ""
    given: str = ""
    letters: str = ""
    title: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


@lru_cache(maxsize=20_000)
def read_person(raw: str | None) -> PersonName:
    """Read a person's name; 张先生 leaves a family name alone (INCOMPLETE), 测试 is FAKE."""
    typed = text.plain(raw)
    if not typed:
        return PersonName(flaw=Flaw.MISSING, wrong="没有姓名")
    bare = _REMARK.sub("", typed).strip() or typed
    return _han(bare, typed) if text.has_han(bare) else _latin(bare, typed)


def _han(bare: str, typed: str) -> PersonName:
    name = _DOTS.sub("·", bare.replace(" ", "")).strip("·-_,、")
    title = ""
    if name not in _FAKE and (found := _TITLE.search(name)):
        title, name = found.group(), name[: found.start()]
    if name in _FAKE or (len(set(name)) == 1 < len(name) and name[0] in "某无测试"):
        return PersonName(
            title=title, typed=typed, flaw=Flaw.FAKE, wrong="像是随手填写的姓名，不是真名"
        )
    if not _HAN_NAME.fullmatch(name):
        return PersonName(
            title=title, typed=typed, flaw=Flaw.MALFORMED, wrong="姓名中有不该出现的字符"
        )
    family, given = _split(name)
    if not given:
        return PersonName("", family, "", "", title, typed, Flaw.INCOMPLETE, "只有姓，缺少名字")
    if len(name) > 4 and "·" not in name and not (len(name) == 5 and family in _COMPOUND):
        return PersonName(
            title=title, typed=typed, flaw=Flaw.MALFORMED, wrong="姓名过长，可能写进了别的内容"
        )
    return PersonName(name, family, given, text.sound(name.replace("·", "")), title, typed)


def _split(name: str) -> tuple[str, str]:
    if "·" in name:
        first, _, rest = name.partition("·")
        return first, rest
    size = 2 if name[:2] in _COMPOUND and len(name) > 2 else 1
    return name[:size], name[size:]


def _latin(bare: str, typed: str) -> PersonName:
    family_first, comma, rest = bare.partition(",")
    words = text.latin(f"{rest} {family_first}" if comma and rest.strip() else bare)
    name = _LATIN_TITLE.sub("", _LATIN_TITLE.sub("", words))
    if not name or name.replace(" ", "").isdigit():
        return PersonName(typed=typed, flaw=Flaw.MALFORMED, wrong="姓名中没有文字")
    if name.split(" ")[0] in _FAKE_LATIN or len(set(name.replace(" ", ""))) == 1:
        return PersonName(typed=typed, flaw=Flaw.FAKE, wrong="像是随手填写的姓名，不是真名")
    given, _, family = name.rpartition(" ")
    return PersonName(name, family if given else "", given or name, name, "", typed)
