"""Names this app asks lower and higher packages by."""

DECISION = "decision"
PROCESS = "process"
TAXONOMY = "taxonomy"
SUBJECT = "case"
UNCLASSIFIED = "unclassified"

# What a process of a case may decide by: given when it starts, or by a service task.
GIVEN = frozenset({
    "class_code", "request_type", "grade", "channel", "importance", "urgency", "scope", "tier",
    "responsible_unit", "consent", "rework_count", "reopen_count",
    "silences",
})  # fmt: skip
