"""The command desk (MON-08, MON-12): what is late, who is pressed, shifts, plans. No rules of its own."""
