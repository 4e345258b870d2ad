"""Faults whose full version is tests of the suite, some with larger numbers: R9, R12, R16 and R28."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from battery.requirements import Report, Requirement


@dataclass(frozen=True, slots=True)
class TestSuite:
    """Test files for pytest, with ``numbers`` passed as environment variables."""

    about: str
    files: tuple[str, ...]
    numbers: dict[str, str]

    def run_full(self, root: Path, seed: int, say: Report) -> list[Requirement]:
        numbers = self.numbers | {"CONTENT_SEED": str(seed)}
        command = [sys.executable, "-m", "pytest", "--quiet", "--no-skips", f"--hypothesis-seed={seed}", *self.files]
        done = subprocess.run(command, cwd=root, env=os.environ | numbers, check=False, capture_output=True, text=True)
        lines = done.stdout.strip().splitlines()
        say("\n".join(lines[-40 if done.returncode else -1 :]))
        return [
            Requirement(
                self.about.partition(":")[0], [] if done.returncode == 0 else [f"pytest ended with {done.returncode}"]
            )
        ]


TABS = TestSuite("R12: two tabs, 500 random interleavings", ("tests/web/test_two_tabs.py",), {"TABS_EXAMPLES": "500"})
CONTENT = TestSuite("R16: 10,000 broken courses", ("tests/content/test_mutations.py",), {"CONTENT_MUTATIONS": "10000"})
MAILS = TestSuite(
    "R28: killed between the commit of a mail and its sending",
    ("tests/test_mail_after_kill.py", "tests/chores/test_outbox.py"),
    {},
)
SCREENS = TestSuite(
    "R9: Chromium offline, cut off after the commit, signed out, loaded again",
    ("tests/browser/test_cut_off.py", "tests/browser/test_saving.py"),
    {},
)
