"""Files of rows that people hand in: which encoding, which delimiter, where the heading is.

It reads open binary streams it is handed and keeps nothing; what the rows mean is for others.
"""

from bihuan.engines.tables.delimited import records_of
from bihuan.engines.tables.reading import (
    Layout,
    NotReadable,
    Row,
    look_at,
    read_rows,
)

__all__ = ["Layout", "NotReadable", "Row", "look_at", "read_rows", "records_of"]
