"""A service desk's incident log (ServiceNow's event log) replayed as the product's own actions.

Owns reading the log, saying each event in actions, and doing that with several processes at once. Does
not own what the actions do. What the log says and the product cannot express is counted by reason,
never dropped.
"""
