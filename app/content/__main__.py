"""``python -m app.content [--coverage] FOLDER …``: check a course by hand, without a database. Exits 1 where there are faults."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.content.counts import describe
from app.content.coverage import describe_coverage
from app.content.loader import load_course


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.content", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("questions")], metavar="FOLDER")
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="list which lesson and question covers which statement, and the facts in use",
    )
    given = parser.parse_args(arguments)
    loaded = load_course(given.folders)
    for fault in loaded.faults:
        print(fault)
    if loaded.course is None:
        print(f"{len(loaded.faults)} faults; nothing can be published", file=sys.stderr)
        return 1
    print(describe_coverage(loaded.course) if given.coverage else describe(loaded.course))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
