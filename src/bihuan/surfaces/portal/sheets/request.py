"""The steps of a request: which there are, what each asks, and what is chosen so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.cases.queries import portal as portals
from bihuan.domain.cases.queries.portal import Portal, PublicClass
from bihuan.kit.masking import mask_phone
from bihuan.surfaces.portal import phrases
from bihuan.surfaces.portal.visitor import Draft


@dataclass(frozen=True, slots=True)
class FormStep:
    """One page of the form: its address, its question, the fields it asks for."""

    code: str
    title: str
    fields: tuple[str, ...]


STEPS: Final = (
    FormStep("kind", "您要办什么事？", ("class_code",)),
    FormStep("what", "请说说是什么情况", ("text", "when")),
    FormStep("where", "在什么地方？", ("place",)),
    FormStep("who", "怎么联系您？", ("phone", "name", "staff_id")),
    FormStep("files", "有照片或材料吗？", ()),
    FormStep("check", "核对后提交", ()),
)
CODES: Final = tuple(step.code for step in STEPS)


@dataclass(frozen=True, slots=True)
class Choice:
    """A class to choose; `below` are the next level's under their heading."""

    code: str
    say: str
    hint: str
    on: bool
    below: Sequence["Choice"] = ()


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page of the form as it is drawn. `errors` say by field what to mend."""

    step: FormStep
    position: int
    draft: Draft
    errors: Mapping[str, str]
    refusal: str
    kind: str
    ask: str
    phone_shown: str

    @property
    def total(self) -> int:
        """Return how many pages there are."""
        return len(STEPS)

    @property
    def share(self) -> int:
        """Return how much of the form is behind, in percent."""
        return round(100 * self.position / len(STEPS))

    @property
    def before(self) -> str:
        """Return the code of the page before, empty on the first."""
        return CODES[self.position - 2] if self.position > 1 else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said, on the page that shows all before it is sent."""

    title: str
    text: str
    step: str
    error: str = ""


def step_named(code: str) -> FormStep | None:
    """Return a step by its code."""
    return next((step for step in STEPS if step.code == code), None)


def after(step: FormStep) -> str:
    """Return the code of the step that follows; the last is followed by itself."""
    return CODES[min(CODES.index(step.code) + 1, len(CODES) - 1)]


def form_page(
    portal: Portal,
    draft: Draft,
    step: FormStep,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> FormPage:
    """Return a page of the form with what was typed; the phone is shown masked."""
    path = path_of(portal, draft["class_code"])
    return FormPage(
        step=step,
        position=CODES.index(step.code) + 1,
        draft=draft,
        errors=errors or {},
        refusal=refusal,
        kind=" · ".join(one.say for one in path),
        ask=path[0].ask if path else "",
        phone_shown=mask_phone(draft["phone"]) if draft["phone"] else "",
    )


def tops(portal: Portal, chosen: str) -> list[Choice]:
    """Return the first question's answers."""
    classes = [one for one in portals.public_classes(portal) if one.level == 1]
    return [_choice(one, chosen) for one in classes]


def below(portal: Portal, top: str, chosen: str) -> list[Choice]:
    """Return what lies under a first-level class: groups with their classes, or classes alone."""
    classes = portals.public_classes(portal)
    return [
        _choice(one, chosen, [_choice(leaf, chosen) for leaf in classes if leaf.parent == one.code])
        for one in classes
        if one.parent == top
    ]


def path_of(portal: Portal, code: str) -> list[PublicClass]:
    """Return a class with those above it, from the first level down; nothing for an unknown one."""
    classes = {one.code: one for one in portals.public_classes(portal)}
    path: list[PublicClass] = []
    while code in classes:
        path.insert(0, classes[code])
        code = classes[code].parent
    return path


def lines(page: FormPage, names: Mapping[int, str]) -> list[Line]:
    """Return everything said, to be looked at before sending; nobody's number whole."""
    draft, errors = page.draft, page.errors
    chosen = draft["staff_id"]
    found = [
        Line("什么事", page.kind, "kind", errors.get("class_code", "")),
        Line("情况", draft["text"], "what", errors.get("text", "")),
        Line("时间", draft["when"], "what"),
        Line("地点", draft["place"], "where"),
        Line("手机号", page.phone_shown, "who", errors.get("phone", "")),
        Line("称呼", draft["name"], "who"),
        Line("希望由谁办理", names.get(int(chosen), "") if chosen.isdigit() else "", "who"),
    ]
    asked = {"什么事", "情况", "手机号"}
    return [line for line in found if line.text or line.error or line.title in asked]


def promise(portal: Portal, code: str, at: datetime) -> str:
    """Return the promised time of a class in words, empty when none is promised."""
    due = portals.promised(portal, code, at=at)
    return phrases.promised(due, at) if due else ""


def _choice(one: PublicClass, chosen: str, below: Sequence[Choice] = ()) -> Choice:
    on = chosen == one.code or chosen.startswith(f"{one.code}.")
    return Choice(one.code, one.say, one.hint, on, below)
