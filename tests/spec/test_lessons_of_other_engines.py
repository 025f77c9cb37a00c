"""Situations that other engines' own tests ask for, drawn anew: played in memory and through the database.

A step is the name of a unit to submit (`a ok=1` sets a variable), `+PT1H` for time that passes, `= a 2b` for
what must be open then, `.` for an instance that has ended.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_timers import duration
from bihuan.engines.bpmn.verify import memory
from bihuan.integrations import conformance
from tests.engines.bpmn_given import process

Drawn = dict[str, tuple[str, str]]
ONE = {"below": ("x user post=p", "start x; x end")}

LESSONS: dict[str, tuple[Drawn, dict[str, Any], str]] = {
    "a terminate end ends one instance of a parallel sub-process": (
        {"test": ("box sub times=3; box.f and; box.a user post=p; box.b user post=p; box.t end terminate=yes; box.e end; z user post=p",
                  "start box; f a; f b; a t; b e; box z; z end")},
        {}, "= 3a 3b | a | = 2a 2b | b | = 2a b | a | = a b | a | = z | z | .",
    ),
    "a terminate end of a called process lets its caller go on": (
        {"test": ("c call calls=below; z user post=p", "start c; c z; z end"),
         "below": ("f and; a user post=p; b user post=p; t end terminate=yes", "start f; f a; f b; a t; b end")},
        {}, "= a b | a | = z | z | .",
    ),
    "an error two calls down is caught on the sub-process around the call": (
        {"test": ("box sub; box.c call calls=mid; box.w user post=p; box.f and; box/bad boundary error=E; r user post=p",
                  "start box; f c; f w; box end; bad r; r end"),
         "mid": ("m call calls=below; y user post=p", "start m; m y; y end"),
         "below": ("x user post=p; e end error=E", "start x; x e")},
        {}, "= w x | x | = r | r | .",
    ),
    "an error of another code is caught further out": (
        {"test": ("box sub; box.c call calls=below; box.c/no boundary error=F; box.n user post=p; box/yes boundary error=E; r user post=p",
                  "start box; c n; no n; box end; yes r; r end"),
         "below": ("x user post=p; e end error=E", "start x; x e")},
        {}, "x | = r | r | .",
    ),
    "an error in one of several calls cancels the others": (
        {"test": ("c call calls=below times=3; c/bad boundary error=E; r user post=p; z user post=p",
                  "start c; c z; z end; bad r; r end"),
         "below": ("x user post=p; q xor default=ok; e end error=E; y user post=p",
                   "start x; x q; q e if broken == true; q y as ok; y end")},
        {"broken": False}, "= 3x | x | = 2x y | y | = 2x | x broken=1==1 | = r | r | .",
    ),
    "calls one after another stop at the condition": (
        {"test": ("c call calls=below times=5 sequential=1 until=nrOfCompletedInstances>=2; z user post=p",
                  "start c; c z; z end"), **ONE},
        {}, "= x | x | = x | x | = z | z | .",
    ),
    "a timer on a sub-process cancels all levels below, called processes too": (
        {"test": ("out sub; out.f and; out.a user post=p; out.in sub; out.in.c call calls=below; out.in.b user post=p; out.in.g and; out/t boundary timer=PT1H; z user post=p",
                  "start out; f a; f in; g c; g b; out end; t z; z end"), **ONE},
        {}, "= a b x | a | = b x | +PT1H | = z | z | .",
    ),
    "a timer that does not interrupt leaves a call and its units alone": (
        {"test": ("c call calls=below; c/t boundary timer=PT1H interrupting=no; n user post=p; z user post=p",
                  "start c; c z; z end; t n; n end"), **ONE},
        {}, "+PT1H | = n x | x | = n z | z | = n | n | .",
    ),
    "a timer on several calls is one timer for them all": (
        {"test": ("c call calls=below times=3; c/t boundary timer=PT1H; n user post=p; z user post=p",
                  "start c; c z; z end; t n; n end"), **ONE},
        {}, "x | = 2x | +PT1H | = n | +PT1H | = n | n | .",
    ),
    "no instance at all goes straight on": (
        {"test": ("c call calls=below each=none; z user post=p", "start c; c z; z end"), **ONE},
        {"none": []}, "= z | z | .",
    ),
    "an OR join inside each instance waits for that instance only": (
        {"test": ("box sub times=2; box.f or; box.a user post=p; box.b user post=p; box.j or; box.k user post=p; z user post=p",
                  "start box; f a; f b; a j; b j; j k; box z; z end")},
        {}, "= 2a 2b | a | = a 2b | b | = a b k | k | = a b | b | = a | a | = k | k | = z | z | .",
    ),
    "forks and joins that do not match pairwise": (
        {"test": ("f and; a user post=p; b user post=p; c user post=p; j and; d user post=p; k and; z user post=p",
                  "start f; f a; f b; f c; a j; b j; j d; d k; c k; k z; z end")},
        {}, "= a b c | a | c | = b | b | = d | d | = z | z | .",
    ),
    "forks inside forks": (
        {"test": ("f and; a user post=p; g and; b user post=p; c user post=p; j and; k and; z user post=p",
                  "start f; f a; f g; g b; g c; b j; c j; j k; a k; k z; z end")},
        {}, "= a b c | b | a | c | = z | z | .",
    ),
    "an escalation of a called process starts a branch beside it": (
        {"test": ("c call calls=below; c/up boundary escalation=E interrupting=no; n user post=p; z user post=p",
                  "start c; c z; z end; up n; n end"),
         "below": ("x user post=p; t throw escalation=E; y user post=p", "start x; x t; t y; y end")},
        {}, "= x | x | = n y | y | = n z | z | n | .",
    ),
    "an escalation nobody catches changes nothing": (
        {"test": ("c call calls=below; z user post=p", "start c; c z; z end"),
         "below": ("x user post=p; t end escalation=E", "start x; x t")},
        {}, "x | = z | z | .",
    ),
    "a signal reaches callers, called ones and gateways that wait": (
        {"test": ("f and; c call calls=below; g first; s catch signal=go; t catch timer=P9D; a user post=p; b user post=p; u user post=p; h throw signal=go",
                  "start f; f c; f g; f u; g s; g t; s a; t b; a end; b end; c end; u h; h end"),
         "below": ("x user post=p; x/i boundary signal=go; y user post=p", "start x; x end; i y; y end")},
        {}, "= u x | u | = a y | +P10D | = a y | a | y | .",
    ),
    "the timer of an event gateway beats the signal that comes later": (
        {"test": ("f and; g first; s catch signal=go; t catch timer=PT1H; a user post=p; b user post=p; u user post=p; h throw signal=go",
                  "start f; f g; f u; g s; g t; s a; t b; a end; b end; u h; h end")},
        {}, "= u | +PT1H | = b u | u | = b | b | .",
    ),
    "a call in a loop starts afresh each time": (
        {"test": ("c call calls=below; q xor default=out; z user post=p", "start c; c q; q c if again == true; q z as out; z end"),
         "below": ("x user post=p", "start x; x end")},
        {"again": True}, "x | = x | x | = x",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_in_memory(name: str):
    assert play(memory.machine, name) == expectations(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", LESSONS)
def test_lesson_through_the_database(name: str):
    assert play(conformance.machine, name) == expectations(name)


def expectations(name: str) -> list[object]:
    """Return what must be open, or that it is over, wherever a lesson says so."""
    steps = (step.strip() for step in LESSONS[name][2].split(" | "))
    return [
        "over" if step == "." else dict(counted(word) for word in step[1:].split())
        for step in steps
        if step.startswith((".", "="))
    ]


def play(machine: Any, name: str) -> list[object]:
    """Return what was seen where the lesson looks."""
    drawn, variables, steps = LESSONS[name]
    processes = [drawing(key, *texts) for key, texts in drawn.items()]
    with machine(processes) as engine:
        engine.start("test", variables)
        seen = [take(engine, step.strip()) for step in steps.split(" | ")]
    return [one for one in seen if one is not None]


def drawing(key: str, nodes: str, flows: str) -> Process:
    return replace(process(nodes, flows), key=key)


def take(engine: Any, step: str) -> object:
    """Take a step; return what is seen where it looks."""
    if step == ".":
        return "over" if engine.ended() else "goes on"
    if step.startswith("="):
        return {node: count for node, count in engine.open().items() if count}
    if step.startswith("+"):
        moved: timedelta = duration(step[1:])
        engine.advance(moved)
    else:
        node, _, value = step.partition(" ")
        engine.complete(node, {value.partition("=")[0]: True} if value else {})
    return None


def counted(word: str) -> tuple[str, int]:
    digits = word.rstrip("abcdefghijklmnopqrstuvwxyz")
    return word[len(digits) :], int(digits or 1)
