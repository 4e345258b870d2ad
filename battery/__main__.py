"""Break things on purpose, in full: ``python -m battery [fault …]``, all of them by default. Exit 1 unless everything holds."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from battery import disk, kills, locking, races, starts
from battery.musts import Must, Say
from battery.suite import CONTENT, SCREENS, TABS
from bench.server import ROOT, Server

Fault = Callable[[Server, int, Say], list[Must]]

ON_A_SERVER: dict[str, Fault] = {
    "kills": kills.in_full,
    "disk": disk.in_full,
    "locks": locking.in_full,
    "starts": starts.in_full,
    "races": races.in_full,
}
BY_TESTS = {"screens": SCREENS, "tabs": TABS, "content": CONTENT}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m battery",
        description=__doc__,
        epilog="\n".join(f"{name:8} {about}" for name, about in _about().items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("faults", nargs="*", metavar="fault", help=f"of {', '.join(_about())}")
    parser.add_argument("--seed", type=int, default=1, help="of all moments and choices")
    parser.add_argument("--root", type=Path, default=ROOT, help="another tree to try: a broken copy must fail")
    given = parser.parse_args()
    unknown = [name for name in given.faults if name not in _about()]
    if unknown:
        parser.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(_about())}")

    missed = 0
    for name in given.faults or _about():
        print(f"== {name}: {_about()[name]}", flush=True)
        began = time.monotonic()
        musts = _run(name, given.root.resolve(), given.seed)
        print(*musts, f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
        missed += sum(bool(must.faults) for must in musts)
    return int(missed > 0)


def _about() -> dict[str, str]:
    on_a_server = {name: (fault.__doc__ or "").rstrip(".") for name, fault in ON_A_SERVER.items()}
    return on_a_server | {name: tests.about for name, tests in BY_TESTS.items()}


def _run(name: str, root: Path, seed: int) -> list[Must]:
    say = partial(print, flush=True)
    if name in BY_TESTS:
        return BY_TESTS[name].in_full(root, seed, say)
    with tempfile.TemporaryDirectory(prefix="palpate-battery-") as folder:
        server = Server(Path(folder) / "data", root=root)
        try:
            return ON_A_SERVER[name](server, seed, say)
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
