"""The documents name files, packages and commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import models
from app.db import Model
from tests.conftest import ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "questions/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
    if not path.name.startswith(".")
)
PREFIXES = ("", "app", "tests", "questions")
"""Where a path may begin that a document names: reliability.md names tests, vocabulary.md modules of the application."""

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(
    r"`((?:app|bench|battery|deploy|docs|migrations|questions|templates|tests|tools|content|domain|models|services|web)/[\w./-]*)`"
)


def links(document: Path) -> Iterator[str]:
    """The targets of relative links, without their anchors."""
    for target in _LINK.findall((ROOT / document).read_text()):
        if not target.startswith(("http:", "https:", "mailto:", "#")):
            yield target.partition("#")[0]


def paths(document: Path) -> Iterator[str]:
    """The paths that a document names in backticks."""
    yield from _PATH.findall((ROOT / document).read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_to_a_file(document: Path) -> None:
    broken = [target for target in links(document) if not (ROOT / document.parent / target).exists()]

    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_path_exists(document: Path) -> None:
    missing = [path for path in paths(document) if not any((ROOT / prefix / path).exists() for prefix in PREFIXES)]

    assert missing == []


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_every_package_is_on_the_map(document: str) -> None:
    """Fails when a package of the application or of the services is added or renamed without the map."""
    text = (ROOT / document).read_text()
    packages = sorted(path.parent.name for path in ROOT.glob("app/*/__init__.py") if path.parent.name != "demo")
    services = sorted(path.parent.name for path in ROOT.glob("app/services/*/__init__.py"))

    assert [name for name in packages if f"`app/{name}/`" not in text] == []
    assert [name for name in services if f"`{name}`" not in text] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    records = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [name for name in records if f"({name})" not in index] == []


@pytest.mark.parametrize("heading", ["Status", "Context", "Decision", "Alternatives", "Consequences"])
def test_every_decision_has_the_same_parts(heading: str) -> None:
    wanted = "- **Status:**" if heading == "Status" else f"## {heading}\n"
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [record.name for record in records if wanted not in record.read_text()] == []


def test_the_vocabulary_names_tables_and_columns_that_exist() -> None:
    """Fails when a table or column is renamed and the vocabulary is not."""
    text = (ROOT / "docs" / "vocabulary.md").read_text()
    tables = {name: getattr(models, name).__table__ for name in models.__all__ if _is_table(name)}
    known = {table.name for table in tables.values()}
    known |= {f"{table.name}.{column.name}" for table in tables.values() for column in table.columns}
    named = set(re.findall(r"(?:table|tables|column|column of) `([a-z_.]+)`", text))

    assert named - known == set()


def _is_table(name: str) -> bool:
    found = getattr(models, name)
    return isinstance(found, type) and issubclass(found, Model)
