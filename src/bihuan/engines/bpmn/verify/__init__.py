"""Conformance scripts: what an engine must do with a process, step by step, and who carries that out.

The format is the published one of the sample set (scripts.json, imports.json). A `Machine` is an engine under
test; `memory` is ours without a database, `integrations.conformance` ours with one.
"""
