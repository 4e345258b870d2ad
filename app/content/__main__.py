"""Check a course by hand, without a database; exit with 1 if there are faults.

``python -m app.content [--coverage | --guessable [--module ID]] FOLDER …``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.content.counts import describe_course
from app.content.coverage import describe_coverage
from app.content.cues.limits import measure
from app.content.cues.report import describe_guessability
from app.content.loader import load_course


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.content", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("questions")], metavar="FOLDER")
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="list which lesson and question covers which statement, and the facts in use",
    )
    parser.add_argument(
        "--guessable",
        action="store_true",
        help="report how often the key is found from the options alone, and which words and questions give it away",
    )
    parser.add_argument(
        "--module", metavar="ID", help="with --guessable: list only the words and questions of one module"
    )
    given = parser.parse_args(arguments)
    loaded = load_course(given.folders)
    for fault in loaded.faults:
        print(fault)
    if loaded.course is None:
        print(f"{len(loaded.faults)} faults; nothing can be published", file=sys.stderr)
        return 1
    if given.guessable:
        measured = measure(loaded.course)
        print(describe_guessability(measured, given.module))
        return int(bool(measured.excesses))
    print(describe_coverage(loaded.course) if given.coverage else describe_course(loaded.course))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
