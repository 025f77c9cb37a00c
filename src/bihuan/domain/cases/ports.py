"""Names this app asks lower and higher packages by."""

DECISION = "decision"
PROCESS = "process"
TAXONOMY = "taxonomy"
SUBJECT = "case"
UNCLASSIFIED = "unclassified"
