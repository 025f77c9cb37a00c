"""Scenarios of packs, played against the real engine: database, permissions, clocks and all.

What a scenario may say is `engines.packs.scenario`'s business; here each step becomes the action a page
or the API would call, by the person it names and at the moment it names.
"""

from bihuan.integrations.scenarios.demo import Loaded, Script, load, perform
from bihuan.integrations.scenarios.play import Failure, play

__all__ = ["Failure", "Loaded", "Script", "load", "perform", "play"]
