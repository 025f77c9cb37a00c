"""Named SQL statements kept in files beside the code that runs them."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(package: str, filename: str) -> dict[str, str]:
    """Return the statements of `package`'s SQL file by the names their `-- name:` lines give."""
    text = files(package).joinpath(filename).read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
