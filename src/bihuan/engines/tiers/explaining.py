"""Why a customer is in a tier, in words and numbers a customer could be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from bihuan.engines.tiers.placing import Placed, cuts
from bihuan.engines.tiers.scheme import Band, Figure, Leaf, Scheme
from bihuan.engines.tiers.scoring import Known, points

_TIED: Final = {
    "up": "同分的都按其中第一名计",
    "down": "同分的都按其中最后一名计",
    "middle": "同分的都按中间一名计",
    "order": "同分的按补充指标、再按建档先后排开",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator: what is known, the points for it, its weight in per cent, and what it adds."""

    path: tuple[str, ...]
    title: str
    value: str
    points: str
    weight: str
    adds: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """Sentences, and the indicators behind them."""

    sentences: tuple[str, ...]
    parts: tuple[Part, ...]


def explained(
    scheme: Scheme, placed: Placed, known: Mapping[str, Known], run: Mapping[str, Any]
) -> Explained:
    """Say why. `run` holds how many customers were rated (`count`) and the sum of their figures (`total`)."""
    says = {"quota": _quota, "pyramid": _pyramid, "threshold": _threshold, "grid": _grid}
    sentences = says[scheme.kind](scheme, placed, run)
    scored = [figure for figure in scheme.figures if figure.is_score or len(scheme.figures) > 1]
    parts = [_part(leaf, known.get(leaf.reads)) for figure in scored for leaf in figure.leaves]
    return Explained(tuple(sentences), tuple(parts))


def plain(number: Decimal | int | str) -> str:
    """Return a number as people read it: thousands parted, no noughts at the end."""
    text = f"{Decimal(str(number)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quota(scheme: Scheme, placed: Placed, run: Mapping[str, Any]) -> list[str]:
    count = int(run["count"])
    ends = cuts(count, [tier.share for tier in scheme.tiers])
    at = next(n for n, tier in enumerate(scheme.tiers) if tier.code == placed.tier)
    first = ends[at - 1] + 1 if at else 1
    tier = scheme.tiers[at]
    return [
        f"{_named(scheme.figures[0], placed.score)}，在 {plain(count)} 位客户中排第 {plain(placed.rank)} 位。",
        *_tied(scheme, placed),
        f"{tier.title}占 {tier.share}%，为第 {plain(first)} 到第 {plain(ends[at])} 位。",
    ]


def _tied(scheme: Scheme, placed: Placed) -> list[str]:
    if placed.same <= 1:
        return []
    how = f"共 {plain(placed.same)} 位同分，{_TIED[scheme.ties]}"
    return [f"{how}：按第 {plain(placed.place)} 位定级。"]


def _pyramid(scheme: Scheme, placed: Placed, run: Mapping[str, Any]) -> list[str]:
    total, ahead = Decimal(str(run["total"])), placed.ahead or Decimal(0)
    figure = scheme.figures[0]
    said = f"{_named(figure, placed.score)}，从高到低排第 {plain(placed.rank)} 位（共 {plain(run['count'])} 位）。"
    if placed.score <= 0 or total <= 0:
        return [said, f"没有{figure.title}，列入{scheme.tiers[-1].title}。"]
    at = next(n for n, tier in enumerate(scheme.tiers) if tier.code == placed.tier)
    upto = list(accumulate(tier.share for tier in scheme.tiers))
    share = (ahead * 100 / total).quantize(Decimal("0.01"))
    low = upto[at - 1] if at else 0
    return [
        said,
        f"排在前面的客户合计占总额的 {plain(share)}%；{scheme.tiers[at].title}为 {low}% 起、不足 {upto[at]}%。",
    ]


def _threshold(scheme: Scheme, placed: Placed, run: Mapping[str, Any]) -> list[str]:
    bands = [Band(tier.code, tier.least) for tier in scheme.tiers]
    name = scheme.title_of(placed.tier)
    figure = scheme.figures[0]
    return [f"{_named(figure, placed.score)}；{_range(bands, placed.tier, figure.unit, name)}。"]


def _grid(scheme: Scheme, placed: Placed, run: Mapping[str, Any]) -> list[str]:
    first, second = scheme.figures
    head = next((b.code for b in first.bands if placed.tier.startswith(b.code)), "")
    codes = (head, placed.tier[len(head) :])
    values = (placed.score, placed.other or Decimal(0))
    said = [
        f"{_named(f, value)}，列 {code}：{_range(f.bands, code, f.unit, code)}。"
        for f, value, code in zip((first, second), values, codes, strict=True)
    ]
    return [*said, f"两项合起来是{scheme.title_of(placed.tier)}。"]


def _range(bands: Sequence[Band], code: str, unit: str, name: str) -> str:
    at = next((n for n, band in enumerate(bands) if band.code == code), None)
    if at is None:
        least = bands[-1].least
        return f"不到最低一档 {_with_unit(least or Decimal(0), unit)}，{name}"
    low, high = bands[at].least, bands[at - 1].least if at else None
    if low is None:
        return f"{name}为不足 {_with_unit(high, unit)}" if high is not None else f"{name}不设界限"
    if high is None:
        return f"{name}为 {_with_unit(low, unit)} 起"
    return f"{name}为 {plain(low)} 起、不足 {_with_unit(high, unit)}"


def _named(figure: Figure, value: Decimal) -> str:
    return f"{figure.title} {_with_unit(value, figure.unit or ('分' if figure.is_score else ''))}"


def _with_unit(number: Decimal, unit: str) -> str:
    return f"{plain(number)} {unit}".rstrip()


def _part(leaf: Leaf, value: Known) -> Part:
    worth = points(leaf, value)
    return Part(
        path=leaf.path,
        title=leaf.title,
        value=_said(leaf, value),
        points=plain(worth),
        weight=plain(leaf.weight * 100),
        adds=plain(leaf.weight * worth),
        is_missing=value in (None, ""),
    )


def _said(leaf: Leaf, value: Known) -> str:
    if value in (None, ""):
        return "没有资料"
    if leaf.scale.kind == "words":
        return str(value)
    try:
        return f"{plain(value or 0)} {leaf.unit}".rstrip()
    except ArithmeticError:
        return str(value)
