"""Spans of time, for what the facts say was worked."""

from datetime import datetime

Span = tuple[datetime, datetime]


def merged(spans: list[Span]) -> list[Span]:
    """Return the time covered by any of the spans."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(spans: list[Span], gaps: list[Span]) -> list[Span]:
    """Return what the gaps leave of the spans."""
    for gap_begin, gap_end in gaps:
        cut = []
        for begin, end in spans:
            if begin < gap_begin:
                cut.append((begin, min(end, gap_begin)))
            if end > gap_end:
                cut.append((max(begin, gap_end), end))
        spans = [(a, b) for a, b in cut if a < b]
    return spans
