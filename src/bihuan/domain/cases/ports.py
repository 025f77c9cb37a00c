"""Names this app asks lower and higher packages by."""

DECISION = "decision"
PROCESS = "process"
TAXONOMY = "taxonomy"
PORTAL = "portal"
DESK = "desk"
SUBJECT = "case"
UNCLASSIFIED = "unclassified"

# What a process of a case may decide by: given when it starts, or by a service task.
GIVEN = frozenset({
    "class_code", "request_type", "grade", "channel", "importance", "urgency", "scope", "tier",
    "responsible_unit", "consent", "rework_count", "reopen_count",
    "silences",
})  # fmt: skip

# What the public portal asks everybody, and a pack's first form may be filled in with.
SAID = ("name", "phone", "text", "place", "when")
# Who takes part on the portal, on behalf of the customer.
PORTAL_ACTOR = "system:portal"
