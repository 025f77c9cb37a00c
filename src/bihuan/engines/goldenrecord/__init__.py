"""One record made of several: which source is believed for each field, and how complete the whole is."""

from bihuan.engines.goldenrecord.completeness import Completeness, completeness
from bihuan.engines.goldenrecord.survivorship import Believed, Said, believed, settled

__all__ = ["Believed", "Completeness", "Said", "believed", "completeness", "settled"]
