"""What can be asked of cases. Every list is scoped to what the asker may see."""

from bihuan.domain.cases.queries.cards import CaseCard, case_cards
from bihuan.domain.cases.queries.finding import (
    Duplicate,
    Probe,
    cases_of_customer,
    customer_tally,
    find_duplicates,
    search,
)
from bihuan.domain.cases.queries.gathering import (
    BurstRow,
    ControlRow,
    Gathered,
    bursts,
    controls_of,
    gathered,
    survivor_number,
)
from bihuan.domain.cases.queries.improving import (
    CapaRow,
    Improvement,
    StudyFound,
    improvement,
    search_studies,
)
from bihuan.domain.cases.queries.listing import CaseFilter, CaseRow, case_list
from bihuan.domain.cases.queries.operations import case_operations
from bihuan.domain.cases.queries.pressing import (
    SupervisionRow,
    UrgeRow,
    supervision_of_case,
    supervision_order,
    supervision_to_answer,
    supervision_under_way,
    urges_of_case,
)
from bihuan.domain.cases.queries.promises import Promise, PromisedUnit, promise
from bihuan.domain.cases.queries.studies import (
    StudyFilter,
    StudyRow,
    case_base,
    studies_named,
    studies_of_case,
)
from bihuan.domain.cases.queries.taxonomy import (
    ClassNode,
    class_named,
    class_names,
    classes,
    packs_offered,
    top_classes,
)
from bihuan.domain.cases.queries.viewing import (
    CaseView,
    Entry,
    case_number,
    case_view,
    involved_units,
)

__all__ = [
    "BurstRow",
    "CapaRow",
    "CaseCard",
    "CaseFilter",
    "CaseRow",
    "CaseView",
    "ClassNode",
    "ControlRow",
    "Duplicate",
    "Entry",
    "Gathered",
    "Improvement",
    "Probe",
    "Promise",
    "PromisedUnit",
    "StudyFilter",
    "StudyFound",
    "StudyRow",
    "SupervisionRow",
    "UrgeRow",
    "bursts",
    "case_base",
    "case_cards",
    "case_list",
    "case_number",
    "case_operations",
    "case_view",
    "cases_of_customer",
    "class_named",
    "class_names",
    "classes",
    "controls_of",
    "customer_tally",
    "find_duplicates",
    "gathered",
    "improvement",
    "involved_units",
    "packs_offered",
    "promise",
    "search",
    "search_studies",
    "studies_named",
    "studies_of_case",
    "supervision_of_case",
    "supervision_order",
    "supervision_to_answer",
    "supervision_under_way",
    "survivor_number",
    "top_classes",
    "urges_of_case",
]
