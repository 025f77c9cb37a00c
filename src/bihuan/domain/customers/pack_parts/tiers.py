"""`tiers/*.yaml`: the written rules customers are graded by. The format is told in docs/reference/tiers.md."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.ports import CHOICE, DAY, MONEY, NUMBER, TEXT
from bihuan.domain.customers.queries.readings import FIELD, known_keys
from bihuan.domain.customers.queries.schemes import KIND
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.tiers import KINDS, SERVICES, TIES

CODE: Final = r"[A-Z0-9]{1,12}"
PERIODS: Final = ("month", "quarter", "year")
FOLLOWED: Final = ("day", "week", *PERIODS)
NUMBERS: Final = frozenset({NUMBER, MONEY})
WORDS: Final = frozenset({TEXT, CHOICE, DAY})
MOST_DEEP: Final = 3


class TierPart:
    """The schemes of a pack."""

    kind, folder, suffixes = KIND, "tiers", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: readings nobody knows, weights and shares that do not make a whole, missing tiers."""
        top = Shape(file)
        top.text("code", like=r"[a-z][a-z0-9_]{0,31}", example="value")
        top.text("title", example="客户价值分级")
        kind = top.word("kind", KINDS)
        for applies in top.texts("applies", ()):
            if applies not in CustomerKind.values:
                top.report(
                    ("applies",), f"没有“{applies}”这类客户", suggest(applies, CustomerKind.values)
                )
        top.flag("leads")
        top.word("every", PERIODS, "")
        top.word("ties", TIES, "middle")
        reader = _Reader({**known_keys(), **_pack_fields(pack)})
        for name in top.texts("then", ()):
            reader.check_name(top, ("then",), name, NUMBERS)
        reader.figures(top, kind)
        _check_tiers(top, kind)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the scheme with its figures in one list, whatever the kind."""
        data = dict(file.data)
        figures = data.pop("grid", None) or [_only_figure(data)]
        return {**_texts(data), "figures": _texts(figures)}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: a rating reads the scheme in force."""


def _only_figure(data: dict[str, Any]) -> Mapping[str, Any]:
    if score := data.pop("score", None):
        return {"title": data.get("score_title", "得分"), "parts": score}
    figure: Mapping[str, Any] = data.pop("by", {})
    return figure


def _texts(value: Any) -> Any:
    """Return plain JSON whose broken numbers are texts: 1.5 is not the nearest binary fraction."""
    if isinstance(value, Mapping):
        return {key: _texts(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(one) for one in value]
    return str(value) if isinstance(value, float) else value


def _pack_fields(pack: PackSource) -> dict[str, str]:
    """Return the type of each field that this pack and those it stands on add to customers' files."""
    found: dict[str, str] = {}
    for _key, file in pack.known("customers"):
        said = file.data.get("fields", []) if isinstance(file.data, dict) else []
        for one in said if isinstance(said, list) else []:
            if isinstance(one, dict) and "key" in one:
                found[f"{FIELD}{one['key']}"] = str(one.get("type", TEXT)).upper()
    return found


class _Reader:
    """Checks the figures of a scheme against the readings there are."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def figures(self, top: Shape, kind: str) -> None:
        if kind == "grid":
            both = top.children("grid")
            if len(both) != 2:
                top.report(("grid",), "方格分级要有两个方面", "请写两项，如 年消费 和 客户性质")
            for one in both:
                self._figure(one)
                _check_bands(one)
            return
        top.text("score_title", "")
        if top.has("score"):
            self._parts(top, "score", 1)
        elif by := top.child("by"):
            self._figure(by)
            if kind == "pyramid" and self.known.get(by.text("reads", "")) != MONEY:
                message = "金字塔以收入或利润为准，这一项不是金额"
                by.report(("reads",), message, "请改用类型为 money 的字段，或金额类指标")

    def check_name(
        self, shape: Shape, path: tuple[str, ...], name: str, types: frozenset[str]
    ) -> None:
        found = self.known.get(name)
        if found is None:
            shape.report(path, f"没有“{name}”这项指标", suggest(name, sorted(self.known)))
        elif found not in types:
            what = "数字" if types == NUMBERS else "文字"
            shape.report(path, f"“{name}”不是{what}", "数字用 steps 或 linear 给分，文字用 words")

    def _figure(self, shape: Shape) -> None:
        shape.text("title", example="年电费")
        shape.text("unit", "")
        if shape.has("parts"):
            self._parts(shape, "parts", 1)
        else:
            self._scale(shape)

    def _parts(self, shape: Shape, key: str, depth: int) -> None:
        parts, total = shape.children(key), 0
        for part in parts:
            part.text("title", example="用电贡献")
            total += part.number("weight", least=1, most=100)
            if part.has("parts") and depth < MOST_DEEP:
                self._parts(part, "parts", depth + 1)
            else:
                part.text("unit", "")
                self._scale(part)
                if not any(part.has(one) for one in ("steps", "linear", "words")):
                    remedy = "请写 steps、linear 或 words，把它变成 0 到 100 分"
                    part.report((), "没有写怎样给分", remedy)
        if parts and total != 100:
            shape.report((key,), f"这一层权重合计 {total}", "请让同一层的权重合计为 100")

    def _scale(self, shape: Shape) -> None:
        reads = shape.text("reads", example="cases_12m")
        _pairs(shape, "steps", least=1)
        _pairs(shape, "linear", least=2)
        for key in ("otherwise", "missing"):
            _decimal(shape, key, shape.anything(key), required=False)
        words = shape.child("words", required=False)
        for word in words.keys() if words else ():
            _decimal(words or shape, word, (words or shape).anything(word))
        self.check_name(shape, ("reads",), reads, WORDS if words else NUMBERS)


def _pairs(shape: Shape, key: str, *, least: int) -> None:
    if not shape.has(key):
        return
    pairs = shape.anything(key)
    good = isinstance(pairs, list) and all(isinstance(one, list) and len(one) == 2 for one in pairs)
    if not good or len(pairs) < least:
        shape.report((key,), f"“{key}”应是 [达到多少, 给几分] 的列表", "请写成 [[0, 0], [100, 60]]")
        return
    numbers = [_decimal(shape, key, number) for pair in pairs for number in pair]
    starts = [one for one in numbers[::2] if one is not None]
    if starts != sorted(set(starts)):
        shape.report((key,), f"“{key}”没有从小到大", "请按达到多少从小到大写，不重复")


def _check_bands(shape: Shape) -> None:
    bands = shape.children("bands")
    least = []
    for band in bands:
        band.text("code", like=CODE, example="A")
        least.append(_decimal(band, "from", band.anything("from"), required=band is not bands[-1]))
    _descending(shape, "bands", least)


def _check_tiers(top: Shape, kind: str) -> None:
    tiers, share, least = top.children("tiers"), 0, []
    codes: list[str] = []
    for tier in tiers:
        codes.append(tier.text("code", like=CODE, example="A"))
        tier.text("title", example="特级客户")
        tier.word("service", SERVICES, "NORMAL")
        tier.number("priority", 0, most=100)
        tier.texts("rights", ())
        if follow := tier.child("follow_up", required=False):
            follow.word("every", FOLLOWED)
            follow.number("times", 1, least=1, most=100)
        if kind in {"quota", "pyramid"}:
            share += tier.number("share", least=1, most=100)
        if kind == "threshold":
            last = tier is tiers[-1]
            least.append(_decimal(tier, "from", tier.anything("from"), required=not last))
    if kind in {"quota", "pyramid"} and tiers and share != 100:
        top.report(("tiers",), f"各级占比合计 {share}%", "请让 share 合计为 100")
    if len(set(codes)) != len(codes):
        top.report(("tiers",), "有两个等级代码相同", "请让每个代码只出现一次")
    _descending(top, "tiers", least)
    if kind == "grid":
        _check_cells(top, codes)


def _check_cells(top: Shape, codes: list[str]) -> None:
    """A grid has a tier for each pair of bands, and none beside."""
    said = top.file.data.get("grid") or []
    bands = [
        [b.get("code", "") for b in one.get("bands") or ()] for one in said if isinstance(one, dict)
    ]
    if len(bands) != 2:
        return
    cells = [f"{first}{second}" for first in bands[0] for second in bands[1]]
    wrong = [*(set(cells) - set(codes)), *(set(codes) - set(cells))]
    if wrong:
        message = f"等级与两方面的组合对不上：{'、'.join(sorted(wrong))}"
        top.report(("tiers",), message, f"应为 {'、'.join(cells)}")


def _descending(shape: Shape, key: str, least: list[Decimal | None]) -> None:
    starts = [one for one in least if one is not None]
    if starts != sorted(set(starts), reverse=True):
        shape.report((key,), "界限没有从高到低", "请从最高的一级写起，from 逐级变小")


def _decimal(shape: Shape, key: str, value: Any, *, required: bool = True) -> Decimal | None:
    if value is None and not required:
        return None
    if not isinstance(value, bool) and re.fullmatch(r"-?\d{1,15}(\.\d{1,4})?", str(value)):
        return Decimal(str(value))
    shape.report((key,), f"“{key}”应是数字", "请写成例如 100000 或 0.5")
    return None
