"""Install packs; draft, publish, retire and put back in force single definitions."""

from bihuan.domain.packs.actions.checking import check_pack, pack_warnings
from bihuan.domain.packs.actions.installing import Installation, install_pack
from bihuan.domain.packs.actions.refusals import (
    AnotherVersionInForce,
    DraftGone,
    NameTaken,
    NotADraft,
    NotInForce,
    PackHasProblems,
    ReasonMissing,
    SavedMeanwhile,
    StillADraft,
)
from bihuan.domain.packs.actions.studio import (
    DESIGN,
    PUBLISH,
    discard_draft,
    draft_definition,
    draft_from,
    publish_definition,
    republish_version,
    retire_definition,
    save_draft,
    start_draft,
)

__all__ = [
    "DESIGN",
    "PUBLISH",
    "AnotherVersionInForce",
    "DraftGone",
    "Installation",
    "NameTaken",
    "NotADraft",
    "NotInForce",
    "PackHasProblems",
    "ReasonMissing",
    "SavedMeanwhile",
    "StillADraft",
    "check_pack",
    "discard_draft",
    "draft_definition",
    "draft_from",
    "install_pack",
    "pack_warnings",
    "publish_definition",
    "republish_version",
    "retire_definition",
    "save_draft",
    "start_draft",
]
