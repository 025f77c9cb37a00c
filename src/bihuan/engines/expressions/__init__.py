"""Sandboxed conditions over ASCII-named values; a condition that cannot be decided says so."""
