"""The folders of a pack that cases understand: `taxonomy`, `desk` and `portal`."""

from bihuan.domain.cases.pack_parts.desk import DeskPart
from bihuan.domain.cases.pack_parts.portal import PortalPart
from bihuan.domain.cases.pack_parts.taxonomy import TaxonomyPart

__all__ = ["DeskPart", "PortalPart", "TaxonomyPart"]
