"""The industry pack format: read a folder of data, report every problem with file, line and remedy.

Owns `pack.toml`, the folders, the small YAML and what a reader is told when a file is wrong. Does
not own what a calendar or a form means: the domain app that owns the thing checks it. Nothing here
opens a file: a pack arrives as a mapping of path to bytes.
"""
