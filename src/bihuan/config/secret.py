"""The key that signs sessions: made once, kept in the home directory, readable by its owner only."""

import os
import secrets
from pathlib import Path

from bihuan.kit.locks import locked


def secret_key(home: Path) -> str:
    """Return the home's key, making it at the first call; safe when many processes start at once."""
    path = home / "secret-key"
    with locked(home / "secret-key.lock"):
        if not path.exists():
            new = path.with_suffix(".new")
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(secrets.token_urlsafe(48))
            new.rename(path)
    return path.read_text().strip()
