"""Inject the given faults, or all of them, and check the requirements. Exit with 1 if one is missed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from battery import disk, drill, failover, kills, locking, postgres_faults, races, silence, soak, starts
from battery.requirements import Report, Requirement
from battery.suite import CONTENT, MAILS, SCREENS, TABS
from bench.attempt import UnexpectedReply
from bench.server import ROOT, Server

FaultRun = Callable[[Server, int, Report], list[Requirement]]

SERVER_FAULTS: dict[str, FaultRun] = {
    "kills": kills.run_full,
    "disk": disk.run_full,
    "locks": locking.run_full,
    "starts": starts.run_full,
    "races": races.run_full,
    "silence": silence.run_full,
    "backups": drill.run_full,
    "postgres": postgres_faults.run_full,
}
ON_REQUEST: dict[str, Callable[..., list[Requirement]]] = {"failover": failover.run_full, "soak": soak.run_full}
"""Faults that take an hour, or need programs beyond those of the suite. They are injected only if they are named."""
_OPTIONS = {"failover": ("kills",), "soak": ("learners", "rate", "minutes")}

TEST_FAULTS = {"screens": SCREENS, "tabs": TABS, "content": CONTENT, "mails": MAILS}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m battery",
        description=__doc__,
        epilog="\n".join(f"{name:9} {about}" for name, about in _about().items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("faults", nargs="*", metavar="fault", help=f"one of {', '.join(_about())}")
    parser.add_argument("--seed", type=int, default=1, help="seed for all times and choices (default: 1)")
    parser.add_argument("--root", type=Path, default=ROOT, help="another source tree to run, such as a broken copy")
    parser.add_argument("--kills", type=int, default=failover.KILLS, help="how often failover kills the primary")
    parser.add_argument("--learners", type=int, default=soak.LEARNERS, help="the number of learners of soak")
    parser.add_argument("--rate", type=float, default=soak.RATE, help="answers per second of soak")
    parser.add_argument("--minutes", type=float, default=soak.MINUTES, help="how long soak runs")
    given = parser.parse_args()
    unknown = [name for name in given.faults if name not in _about()]
    if unknown:
        parser.error(f"unknown fault: {', '.join(unknown)}. Known faults: {', '.join(_about())}")

    missed = 0
    for name in given.faults or [*SERVER_FAULTS, *TEST_FAULTS]:
        print(f"== {name}: {_about()[name]}", flush=True)
        began = time.monotonic()
        musts = _run(name, given)
        print(*musts, f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
        missed += sum(bool(must.faults) for must in musts)
    return int(missed > 0)


def _about() -> dict[str, str]:
    on_a_server = {name: (fault.__doc__ or "").rstrip(".") for name, fault in (SERVER_FAULTS | ON_REQUEST).items()}
    return on_a_server | {name: tests.about for name, tests in TEST_FAULTS.items()}


def _run(name: str, given: argparse.Namespace) -> list[Requirement]:
    say, root, seed = partial(print, flush=True), given.root.resolve(), given.seed
    if name in TEST_FAULTS:
        return TEST_FAULTS[name].run_full(root, seed, say)
    with tempfile.TemporaryDirectory(prefix="palpate-battery-") as folder:
        server = Server(Path(folder) / "data", root=root)
        try:
            if name in ON_REQUEST:
                options = {name: vars(given)[name] for name in _OPTIONS[name]}
                return ON_REQUEST[name](server, seed, say, **options)
            return SERVER_FAULTS[name](server, seed, say)
        except UnexpectedReply:
            say(_quote_errors(server))
            raise
        finally:
            server.kill()


def _quote_errors(server: Server) -> str:
    """Return what the server logged last about an exception, because its log is deleted with its folder."""
    _, found, after = server.log.read_text(errors="replace").rpartition("exception at")
    return f"The server logged: {found}{after[:4000]}" if found else "The server logged no exception."


if __name__ == "__main__":
    sys.exit(main())
