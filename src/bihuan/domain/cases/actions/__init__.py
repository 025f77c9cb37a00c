"""The verbs of cases. Each checks who may, runs in one transaction and leaves facts behind."""
