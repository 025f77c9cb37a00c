"""Where people and machines meet the platform; no rules here."""
