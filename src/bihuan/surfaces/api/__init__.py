"""The HTTP API under /api/v1/ for other systems: the same queries and actions the pages use."""
