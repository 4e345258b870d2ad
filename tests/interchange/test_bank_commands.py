"""``content import`` and ``content export``: what an operator types."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.conftest import ROOT, settings_for
from tests.interchange.support import FILES

MOODLE = str(FILES / "moodle-4.5.xml")


@pytest.fixture(scope="module")
def bank_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app with the small course of the tests, which these commands read anew each time."""
    from app import create_app

    return create_app(settings_for(tmp_path_factory.mktemp("app"), content=(ROOT / "tests" / "course",)))


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["content", *arguments])


def test_a_bank_becomes_files_in_a_new_folder(bank_app: Flask, tmp_path: Path) -> None:
    into = tmp_path / "new" / "drafts"

    result = run(bank_app, "import", MOODLE, "--into", str(into))

    assert result.exit_code == 0, result.output
    assert "line 126, “NK-01 Single” → nk-01-single (single)" in result.output
    assert "    refused: dragging words into a text has no counterpart" in result.output
    assert "Questions that can be imported: 15 of 18. Pictures: 1." in result.output
    assert sorted(str(path.relative_to(into)) for path in into.rglob("*.*")) == [
        "imported/dot.png",
        "questions/neck-basics.yaml",
        "questions/neck-more-kinds.yaml",
        "questions/neck-zeichen-und-schrift.yaml",
    ]


def test_a_dry_run_writes_nothing(bank_app: Flask, tmp_path: Path) -> None:
    result = run(bank_app, "import", MOODLE, "--dry-run", "--into", str(tmp_path / "drafts"))

    assert result.exit_code == 0
    assert "Dry run: nothing was written." in result.output
    assert not list(tmp_path.iterdir())


def test_existing_files_are_never_overwritten(bank_app: Flask, tmp_path: Path) -> None:
    (tmp_path / "bank.xml").write_text("mine")

    imported = run(bank_app, "import", MOODLE, "--into", str(tmp_path))
    exported = run(bank_app, "export", "--format", "moodle-xml", "--module", "safety", str(tmp_path / "bank.xml"))

    assert (imported.exit_code, exported.exit_code) == (1, 1)
    assert "exists already" in imported.output
    assert (tmp_path / "bank.xml").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<quiz><question></quiz>", "line 1: this is not well-formed XML"),
        (b"just words", "none of the formats that can be read"),
        (b" ", "the file is empty"),
    ],
)
def test_an_unreadable_file_ends_with_one_line(bank_app: Flask, tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bank.xml"
    path.write_bytes(content)

    result = run(bank_app, "import", str(path), "--dry-run")

    assert result.exit_code == 1
    assert reason in result.output
    assert "Traceback" not in result.output


def test_a_folder_or_a_dry_run_is_demanded(bank_app: Flask) -> None:
    result = run(bank_app, "import", MOODLE)

    assert result.exit_code == 2
    assert "--dry-run" in result.output


def test_unknown_modules_and_questions_are_named(bank_app: Flask, tmp_path: Path) -> None:
    for option in ("module", "question"):
        result = run(bank_app, "export", "--format", "gift", f"--{option}", "nowhere", str(tmp_path / "x"))

        assert result.exit_code == 1
        assert f"the course has no {option} `nowhere`" in result.output


def test_a_module_is_written_and_read_again(bank_app: Flask, tmp_path: Path) -> None:
    out = tmp_path / "bank"

    exported = run(
        bank_app, "export", "--format", "gift", "--module", "safety", "--question", "tp-band-practice-3", str(out)
    )
    imported = run(bank_app, "import", "--dry-run", str(out))

    assert (exported.exit_code, imported.exit_code) == (0, 0)
    assert exported.output.splitlines()[-1] == f"Written: {out}"
    assert ": left out" in exported.output
    assert ": not imported" not in imported.output


def test_a_bank_without_questions_leaves_no_empty_folder(bank_app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "bank.xml"
    path.write_bytes(b"<quiz></quiz>")

    result = run(bank_app, "import", str(path), "--into", str(tmp_path / "drafts"))

    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "Error: no question can be imported, so nothing was written"
    assert not (tmp_path / "drafts").exists()


@contextmanager
def limit_file_size(size: int) -> Iterator[None]:
    """Let the system refuse to write more bytes into a file, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_half_written(bank_app: Flask, tmp_path: Path) -> None:
    with limit_file_size(1_000):
        imported = run(bank_app, "import", MOODLE, "--into", str(tmp_path / "drafts"))
        exported = run(bank_app, "export", "--format", "gift", str(tmp_path / "bank.gift"))

    assert (imported.exit_code, exported.exit_code) == (1, 1)
    assert "cannot be written" in imported.output.splitlines()[-1]
    assert "cannot be written" in exported.output.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_folder_name_that_no_disk_accepts_ends_with_one_line(bank_app: Flask, tmp_path: Path) -> None:
    result = run(bank_app, "import", MOODLE, "--into", str(tmp_path / ("x" * 300)))

    assert result.exit_code == 1
    assert result.output.splitlines()[-1].endswith("cannot be written (File name too long)")
