"""What packs say about customers: the fields of their files, and the schemes they are graded by."""

from bihuan.domain.customers.pack_parts.files import CustomerFilePart
from bihuan.domain.customers.pack_parts.tiers import TierPart

__all__ = ["CustomerFilePart", "TierPart"]
