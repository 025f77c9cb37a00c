"""Each request becomes one question or one action, and a page."""
