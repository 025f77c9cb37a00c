"""What the desk's guidance looks like for the request at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bihuan.domain.cases.queries import Guidance


@dataclass(frozen=True, slots=True)
class Tick:
    """One thing to ask."""

    text: str
    done: bool


@dataclass(frozen=True, slots=True)
class GuidanceSheet:
    """The checklist, what to say now and what never."""

    ticks: Sequence[Tick]
    say: str
    never: Sequence[str]

    @property
    def done(self) -> int:
        """Return how many things were asked."""
        return sum(tick.done for tick in self.ticks)


def guidance_sheet(
    found: Guidance, values: Mapping[str, str], said: Mapping[str, str]
) -> GuidanceSheet:
    """Return the guidance with what was ticked, and the holes of the script filled."""
    asked = set(values["asked"].split("|"))
    ticks = [Tick(text, text in asked) for text in found.ask]
    return GuidanceSheet(ticks, found.say.format(**said) if found.say else "", found.never)


def asked_in_words(found: Guidance, values: Mapping[str, str]) -> str:
    """Return in one line what was asked and what was not, for the record of the contact."""
    asked = set(values["asked"].split("|"))
    done = [text for text in found.ask if text in asked]
    left = [text for text in found.ask if text not in asked]
    parts = [f"受理要点：{'、'.join(done)}"] if done else []
    return "；".join([*parts, f"未问：{'、'.join(left)}"] if left and done else parts)
