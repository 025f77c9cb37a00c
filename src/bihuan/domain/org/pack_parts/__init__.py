"""The folders of packs that org understands: `org`, `plans`, `contacts`."""

from bihuan.domain.org.pack_parts.emergencies import ContactPart, PlanPart
from bihuan.domain.org.pack_parts.organisation import OrgPart

__all__ = ["ContactPart", "OrgPart", "PlanPart"]
