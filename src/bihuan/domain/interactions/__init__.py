"""Contacts with customers, either way and on every channel, and the mail that still has to become one."""
