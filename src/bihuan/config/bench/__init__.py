"""Measurements that anyone can repeat. Every module here is a subcommand of `bihuan bench`."""
