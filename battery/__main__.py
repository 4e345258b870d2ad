"""R1 in full: ``kill -9`` of the whole server ten times under 200 learners who retry. Exit 1 unless nothing is lost, doubled or torn."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from battery.kills import Findings, Kills, examine, kill_under_load
from bench.server import Server

RESTART_SECONDS_MUST = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m battery", description=__doc__)
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills and of the answers")
    parser.add_argument("--root", type=Path, default=None, help="another tree to try: a broken copy must fail")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="palpate-battery-") as folder:
        server = Server(Path(folder) / "data", **({"root": given.root.resolve()} if given.root else {}))
        try:
            run = kill_under_load(server, learners=given.learners, kills=given.kills, seed=given.seed, say=print)
        finally:
            server.kill()
        found = examine(server, run.ledger)
    return _judge(run, found)


def _judge(run: Kills, found: Findings) -> int:
    print(
        f"\n{found.acknowledged} answers, {found.attempts} starts and {found.submitted} submissions acknowledged; "
        f"sent again: {sum(run.ledger.refusals.values())} times ({dict(run.ledger.refusals)})"
    )
    slowest = max(run.restarts, default=0.0)
    musts = (
        ("lost", found.lost),
        ("doubled", found.doubled),
        ("torn", found.torn),
        ("integrity", [] if found.integrity == "ok" else [found.integrity]),
        ("restarts beyond 5 s", [f"{seconds:.1f} s" for seconds in run.restarts if seconds > RESTART_SECONDS_MUST]),
    )
    for name, faults in musts:
        print(
            f"{'MISSED' if faults else 'met   '} {name}: {len(faults)}",
            *faults[:5],
            sep="\n         " if faults else "",
        )
    print(f"The slowest restart took {slowest:.1f} s.")
    return int(any(faults for _, faults in musts))


if __name__ == "__main__":
    sys.exit(main())
