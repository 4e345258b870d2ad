"""Templates, stylesheets and scripts stay reviewable: short lines, and nothing computed in a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from app.domain import attempt
from app.domain.assignment import AssignmentState
from app.domain.attempt import AnswerProblem, AssignmentNotOpen, AttemptError, BadEntry
from app.learn import wording
from tests.conftest import NOW, ROOT

LONGEST_LINE = 120
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)

SOURCES = [
    *sorted((ROOT / "templates").rglob("*.html")),
    *sorted((ROOT / "templates").rglob("*.txt")),
    *sorted((ROOT / "app/static/css").glob("*.css")),
    *sorted((ROOT / "app/static/js").glob("*.js")),
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_is_longer_than_120_characters(path: Path) -> None:
    lines = path.read_text().splitlines()

    assert [number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE] == []


def _arithmetic(app: Flask) -> Iterator[str]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for node in app.jinja_env.parse(path.read_text()).find_all(ARITHMETIC):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_templates_compute_nothing(app: Flask) -> None:
    assert list(_arithmetic(app)) == []


def test_every_class_has_a_rule() -> None:
    """Fails when a template uses a class that neither a stylesheet nor a script knows."""
    folders = (ROOT / "app/static/css", ROOT / "app/static/js")
    known = {
        name for folder in folders for path in folder.iterdir() for name in re.findall(r"[\w-]+", path.read_text())
    }

    for path in sorted((ROOT / "templates").rglob("*.html")):
        for value in re.findall(r'class="([^"]*)"', path.read_text()):
            literal = re.sub(r"{{.*?}}", "\ufffc", re.sub(r"{%.*?%}", " ", value, flags=re.DOTALL), flags=re.DOTALL)
            names = {name for name in literal.split() if "\ufffc" not in name}
            assert names <= known, (path, names - known)


def _list_imports(tree: nodes.Template) -> set[str]:
    found = [name for statement in tree.find_all(nodes.FromImport) for name in statement.names]
    return {name if isinstance(name, str) else name[1] for name in found}


def _list_needed(tree: nodes.Template) -> set[str]:
    return {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}


def _list_parts(trees: dict[str, nodes.Template], name: str) -> set[str]:
    """Return the templates that ``name`` extends or includes, directly or not. They see what it imports."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        tree = trees[waiting.pop()]
        named = [one.template for one in tree.find_all(nodes.Include)]
        named += [one.template for one in tree.find_all(nodes.Extends)]
        parts = {one.value for one in named if isinstance(one, nodes.Const)}
        waiting += parts - found
        found |= parts
    return found


def test_what_a_template_imports_is_used(app: Flask) -> None:
    """Fails when neither a template nor a part of it needs a macro that it imports."""
    folder = ROOT / "templates"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    trees = {str(path.relative_to(folder)): app.jinja_env.parse(path.read_text()) for path in paths}

    unused = {}
    for name, tree in trees.items():
        parts = [trees[part] for part in _list_parts(trees, name)]
        needed = _list_needed(tree).union(*(_list_needed(part) - _list_imports(part) for part in parts))
        if left := _list_imports(tree) - needed:
            unused[name] = left

    assert unused == {}


def _refusals() -> list[type[AttemptError]]:
    kinds = [kind for kind in vars(attempt).values() if isinstance(kind, type) and issubclass(kind, AttemptError)]
    return [kind for kind in kinds if kind is not AttemptError]


@pytest.mark.parametrize("kind", _refusals())
def test_every_refusal_has_words(app: Flask, kind: type[AttemptError]) -> None:
    error = kind.__new__(kind)
    error.__dict__ |= {"opens_at": NOW, "titles": ("Referred pain", "Safety first")}

    with app.test_request_context():
        refusal = wording.refusal(error)

    assert refusal.title
    assert "{" not in refusal.text


def test_a_refusal_names_what_it_is_about(app: Flask) -> None:
    with app.test_request_context():
        assert (
            wording.refusal(AssignmentNotOpen(NOW)).text == "You can start on Mon 23 Nov, 09:00. Nothing was started."
        )
        first = wording.refusal(attempt.PrerequisitesUnmet(("A", "100 %")))
        assert first.text == "Pass this first: A; 100 %. Nothing was started."
        title = wording.refusal(BadEntry(AnswerProblem.NOT_A_NUMBER)).title
        assert title == "This answer does not fit the question"


def test_every_state_has_words() -> None:
    assert set(wording.DUE_HEADINGS) == set(AssignmentState) - {AssignmentState.NOT_ASSIGNED}  # trainers only
