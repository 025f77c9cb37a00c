"""Working-time arithmetic over calendars: add a limit to a moment, measure between moments."""
