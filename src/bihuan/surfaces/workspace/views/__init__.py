"""The workspace's pages: parse, one query or action, render."""
