"""Faults whose full form is the suite's own test with larger numbers: R9, R12 and R16."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from battery.musts import Must, Say


@dataclass(frozen=True, slots=True)
class Tests:
    """``files`` for pytest, and the numbers that it is told: names of environment variables and their values."""

    about: str
    files: tuple[str, ...]
    numbers: dict[str, str]

    def in_full(self, root: Path, seed: int, say: Say) -> list[Must]:
        numbers = self.numbers | {"CONTENT_SEED": str(seed)}
        command = [sys.executable, "-m", "pytest", "--quiet", "--no-skips", f"--hypothesis-seed={seed}", *self.files]
        done = subprocess.run(command, cwd=root, env=os.environ | numbers, check=False, capture_output=True, text=True)
        lines = done.stdout.strip().splitlines()
        say("\n".join(lines[-40 if done.returncode else -1 :]))
        return [
            Must(self.about.partition(":")[0], [] if done.returncode == 0 else [f"pytest ended with {done.returncode}"])
        ]


TABS = Tests("R12: two tabs, 500 random interleavings", ("tests/web/test_two_tabs.py",), {"TABS_EXAMPLES": "500"})
CONTENT = Tests("R16: 10,000 broken courses", ("tests/content/test_mutations.py",), {"CONTENT_MUTATIONS": "10000"})
SCREENS = Tests(
    "R9: Chromium offline, cut off after the commit, signed out, loaded again",
    ("tests/browser/test_cut_off.py", "tests/browser/test_saving.py"),
    {},
)
