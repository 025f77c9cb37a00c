"""Consolidation at the command line: files in, side by side brought to one form, linked, measured, told."""
