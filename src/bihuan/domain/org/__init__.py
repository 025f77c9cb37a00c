"""Org units, posts, staff, holdings, leave and delegation, permissions, sign-in."""
