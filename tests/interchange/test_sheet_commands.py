"""``content template``, and the packages and sheets of ``content import`` and ``content export``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.interchange.formats import list_formats
from app.interchange.sheets.columns import ANSWER_COLUMNS, COLUMNS, SheetType
from tests.conftest import ROOT, settings_for
from tests.interchange.qti_support import FILES


@pytest.fixture(scope="module")
def sheet_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from app import create_app

    return create_app(settings_for(tmp_path_factory.mktemp("app"), content=(ROOT / "tests" / "course",)))


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(args=["content", *map(str, arguments)])


def test_the_template_is_written_once_and_can_be_imported(sheet_app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "questions.xlsx"

    assert run(sheet_app, "template", file).exit_code == 0
    assert run(sheet_app, "template", file).exit_code == 1
    result = run(sheet_app, "import", file, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Questions that can be imported: 8 of 9." in result.output


def test_a_canvas_quiz_is_listed_item_by_item(sheet_app: Flask) -> None:
    result = run(sheet_app, "import", FILES / "canvas-1.2.xml", "--dry-run")

    assert result.exit_code == 0, result.output
    assert "item one-option, line 6" in result.output
    assert "    refused: it asks for several texts at once; here each question asks for one" in result.output


@pytest.mark.parametrize("name", ["qti-3.0", "qti-2.1", "csv", "xlsx"])
def test_a_module_is_exported_and_imported_again(sheet_app: Flask, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"bank.{'zip' if name.startswith('qti') else name}"

    exported = run(sheet_app, "export", "--format", name, "--module", "trigger-points", file)
    imported = run(sheet_app, "import", file, "--into", tmp_path / "drafts")

    assert exported.exit_code == 0, exported.output
    assert imported.exit_code == 0, imported.output
    assert list((tmp_path / "drafts" / "questions").iterdir())


def test_every_column_type_and_format_is_documented() -> None:
    text = (ROOT / "docs" / "interchange.md").read_text()

    assert [one.name for one in COLUMNS if f"`{one.name}`" not in text] == []
    assert [one.name for one in ANSWER_COLUMNS if f"`{one.name} 1`" not in text] == []
    assert [one.value for one in SheetType if f"`{one.value}`" not in text] == []
    assert [one.name for one in list_formats() if one.write and one.name not in text] == []
