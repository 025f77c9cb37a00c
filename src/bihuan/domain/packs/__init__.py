"""Installed industry packs and their versioned definitions of every kind."""
