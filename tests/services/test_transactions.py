"""Views and commands commit; services and content never do, so that one request is one transaction."""

from __future__ import annotations

import ast

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("package", ["services", "content", "domain"])
def test_nothing_below_the_views_commits(package: str) -> None:
    """Fails when a service commits what its caller may still have to undo."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "app" / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]

    assert found == []
