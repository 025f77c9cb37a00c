"""The supervisor's own process: `python -m bihuan.integrations.postgres_embedded HOME`."""

import argparse
import os
import sys
from pathlib import Path

from bihuan.integrations.postgres_embedded.layout import Layout, prepare_home
from bihuan.integrations.postgres_embedded.refusals import Unusable
from bihuan.integrations.postgres_embedded.supervisor import Busy, Orders, supervise


def main() -> int:
    """Supervise until stopped; answer on `--answer-to` (a file descriptor) how the start went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--answer-to", type=int)
    parser.add_argument("--stand-by", action="store_true")
    parser.add_argument("--until-pid-ends", type=int)
    parser.add_argument("--detach", action="store_true")
    asked = parser.parse_args()
    if asked.detach and os.fork():
        return 0  # the caller waits for this process only; the supervisor belongs to nobody

    def answer(text: str) -> None:
        if asked.answer_to is not None:
            os.write(asked.answer_to, text.encode())
            os.close(asked.answer_to)
            asked.answer_to = None

    orders = Orders(asked.stand_by, asked.until_pid_ends, lambda: answer("ready"))
    try:
        supervise(Layout(prepare_home(asked.home)), orders)
    except Busy:
        answer("busy")
    except Unusable as problem:
        answer(f"refused {problem}")
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
