"""Interpreters of definitions: values and the moment `at` in, new state and effects out. No clock, no database."""
