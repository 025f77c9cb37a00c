"""Names of companies: region, core, branch and legal form apart, so that 杭州阿甲科技有限公司 meets 阿甲科技(杭州)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bihuan.engines.linkage.standard import divisions, text, western
from bihuan.engines.linkage.standard.flaws import Flaw

_FORM = re.compile(
    r"(?:股份有限公司|有限责任公司|集团有限公司|控股有限公司|有限公司|有限责任|股份公司|集团公司|总公司|公司|集团|"
    r"\(普通合伙\)|\(有限合伙\)|\(特殊普通合伙\)|合伙企业|个人独资企业|个体工商户|\(集团\)|\(股份\)|股份|控股)+$"
)
_BRANCH = re.compile(
    r"([\u4e00-\u9fffA-Z0-9]{1,12}?(?:分公司|分行|支行|营业部|分店|分部|办事处|分所|分院|门店))$"
)
_AFTER_FORM = re.compile(
    r"^(.*(?:有限公司|有限责任公司|公司|集团|银行|股份))(.{1,14}?(?:分公司|分行|支行|营业部|分店|分部|办事处|分所|分院|门店))$"
)
_BRACKETED = re.compile(r"\(([^()]{1,12})\)")
_TRADES = (
    "信息技术|网络科技|网络技术|电子科技|生物科技|环保科技|智能科技|信息科技|软件技术|软件科技|科技发展|科技|技术|电子商务|商贸|贸易|工贸|进出口|实业|"
    "建筑工程|装饰工程|建筑装饰|装饰|建设工程|建筑|建设|工程|物流|运输|货运|餐饮管理|餐饮|酒店管理|酒店|文化传媒|文化传播|广告传媒|传媒|广告|文化|"
    "机械设备|机械制造|机械|医疗器械|医疗科技|医疗|医药|药业|房地产开发|房地产|置业|地产|物业管理|物业服务|物业|人力资源|企业管理咨询|企业管理|管理咨询|"
    "管理|咨询服务|咨询|服务|投资管理|投资|食品|服饰|服装|家具|家居|汽车销售|汽车服务|汽车|电器|电气|电子|化工|材料|新材料|能源|新能源|教育科技|教育培训|教育|"
    "农业科技|农业|旅行社|旅游|制造|销售|开发|发展|设备|环保|网络|软件|信息"
)
_TRADE = re.compile(f"^(.{{2,}}?)((?:{_TRADES})+)$")
_FAKE = text.words(
    "测试 测试公司 某公司 某某公司 公司 有限公司 无 暂无 未知 不详 个人 TEST 测试有限公司 XX公司 XXX公司 ABC公司 没有 "
    "个体"
)
_NOISE = re.compile(r"[\s·•\-_,.。、\"'“”‘’*#/\\:;&]+")
_LATIN_FORMS = text.words(
    "inc incorporated corp corporation co company ltd limited llc llp lp "
    "plc gmbh ag kg ohg sa sas sarl srl spa bv nv ab as oy aps pty pte pvt "
    "private kk sro zoo group holding holdings the and of"
)


@dataclass(frozen=True, slots=True)
class Company:
    """A company's name: `value` in one form; `core` without region and legal form, `brand` without its trade as well.

    `branch` is set for a branch (分公司), which is not its parent.
    """

    value: str = ""
    core: str = ""
    brand: str = ""
    region: str = ""
    form: str = ""
    branch: str = ""
    letters: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


@lru_cache(maxsize=20_000)
def read_company(raw: str | None) -> Company:
    """Read the name of a company or other organisation."""
    typed = text.plain(raw)
    if not typed:
        return Company(flaw=Flaw.MISSING, wrong="没有单位名称")
    value = text.tight(typed) if text.has_han(typed) else western.firm(typed)
    if value.upper() in _FAKE or len(set(value.replace(" ", ""))) == 1:
        return Company(typed=typed, flaw=Flaw.FAKE, wrong="像是随手填写的单位名称")
    return _han(value, typed) if text.has_han(value) else _latin(value, typed)


def _han(value: str, typed: str) -> Company:
    name, branch = _without_branch(value)
    region, name = _without_region(name)
    form = _FORM.search(name)
    core = name[: form.start()] if form and form.start() >= 2 else name
    core = _NOISE.sub("", _BRACKETED.sub(r"\1", core)) or _NOISE.sub("", name)
    found = _TRADE.match(core)
    brand = found.group(1) if found else core
    said = form.group() if form and form.start() >= 2 else ""
    flaw, wrong = (None, "") if said or branch else (Flaw.INCOMPLETE, "像是简称，请补单位全称")
    return Company(value, core, brand, region, said, branch, text.sound(core), typed, flaw, wrong)


def _without_branch(value: str) -> tuple[str, str]:
    if found := _AFTER_FORM.match(value):
        return found.group(1), found.group(2)
    if found := _BRANCH.search(value):
        return value[: found.start()] or value, found.group() if found.start() else ""
    return value, ""


def _without_region(name: str) -> tuple[str, str]:
    """Take the region out of the front or out of brackets, as far as at least two characters stay."""
    for inner in _BRACKETED.finditer(name):
        place, rest = divisions.locate(inner.group(1))
        if place.code and not rest.strip("市省"):
            bare = name[: inner.start()] + name[inner.end() :]
            return place.code[:4], bare if len(bare) >= 2 else name
    place, rest = divisions.locate(name)
    if not place.code or len(_FORM.sub("", rest)) < 2 or rest.startswith(("银行", "大学", "医院")):
        return "", name
    return place.code[:4], rest.removeprefix("市")


def _latin(value: str, typed: str) -> Company:
    if not value:
        return Company(typed=typed, flaw=Flaw.MALFORMED, wrong="单位名称中没有文字")
    words = _joined_initials(value.split(" "))
    kept = [word for word in words if word not in _LATIN_FORMS] or words
    core = " ".join(kept)
    form = " ".join(word for word in words if word in _LATIN_FORMS)
    return Company(value, core, kept[0], "", form, "", core, typed)


def _joined_initials(words: list[str]) -> list[str]:
    """Read `i b m` as `ibm`."""
    joined: list[str] = []
    open_run = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and open_run:
            joined[-1] += word
        else:
            joined.append(word)
        open_run = single
    return joined
