"""What a history of work says about its process (FLW-11, FLW-12).

A `Log` is a list of traces, one per case: imported from another system (`xes`, `csv_log`) or made from our own
facts. From it come variants (`variants`), the directly-follows graph and where time goes (`follows`), response
and handling times before and after a change (`durations`), and how it agrees with a diagram
(`alignment` over the `net` of a process). Nothing here knows where a log came from.
"""
