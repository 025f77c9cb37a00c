"""Tables of customers: who they are, where each value came from, and which files were one and the same."""

from bihuan.domain.customers.models.access import FileGrant, Tenure
from bihuan.domain.customers.models.bonds import Contract, Identifier, Relation
from bihuan.domain.customers.models.consolidating import Consolidation, Finding
from bihuan.domain.customers.models.customer import Account, ContactPoint, Customer
from bihuan.domain.customers.models.importing import ColumnMap, ImportBatch, RejectedRow
from bihuan.domain.customers.models.merging import Merge, Pair
from bihuan.domain.customers.models.rating import HeldTier, RatedCustomer, Rating, Segment
from bihuan.domain.customers.models.sources import Source, SourceRow

__all__ = [
    "Account",
    "ColumnMap",
    "Consolidation",
    "ContactPoint",
    "Contract",
    "Customer",
    "FileGrant",
    "Finding",
    "HeldTier",
    "Identifier",
    "ImportBatch",
    "Merge",
    "Pair",
    "RatedCustomer",
    "Rating",
    "RejectedRow",
    "Relation",
    "Segment",
    "Source",
    "SourceRow",
    "Tenure",
]
