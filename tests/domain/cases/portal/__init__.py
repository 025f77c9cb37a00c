"""The public portal, by its verbs."""
