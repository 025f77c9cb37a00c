"""Calendars, clocks (working-time budgets) and the dispatcher of what falls due."""
