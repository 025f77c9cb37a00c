"""Persons and organisations, their contact points and accounts."""
