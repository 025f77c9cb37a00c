"""Append-only facts: one row per thing that happened, and the outbox that feeds live pages."""
