"""The folders of a pack that cases understand: `taxonomy` and `portal`."""

from bihuan.domain.cases.pack_parts.portal import PortalPart
from bihuan.domain.cases.pack_parts.taxonomy import TaxonomyPart

__all__ = ["PortalPart", "TaxonomyPart"]
