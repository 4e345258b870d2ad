"""``python -m app.content FOLDER …``: check a course by hand, without a database. Exits 1 where there are faults."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app.content.counts import describe
from app.content.loader import load_course


def main(arguments: Sequence[str]) -> int:
    loaded = load_course([Path(argument) for argument in arguments or ["questions"]])
    for fault in loaded.faults:
        print(fault)
    if loaded.course is None:
        print(f"{len(loaded.faults)} faults; nothing can be published", file=sys.stderr)
        return 1
    print(describe(loaded.course))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
