"""Stylesheets and scripts are combined without a build step and kept by browsers until they change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import assets
from tests.conftest import ROOT

PAGE_SCRIPTS = {"body-map", "offline", "service-worker"}
"""Scripts that one page loads in addition."""


def _stems(folder: str, suffix: str) -> set[str]:
    return {path.stem for path in Path(assets.STATIC / folder).glob(f"*{suffix}")}


def test_every_stylesheet_and_module_is_combined_once() -> None:
    assert sorted(assets.STYLES) == sorted(_stems("css", ".css"))
    assert sorted(assets.SCRIPTS) == sorted(_stems("js", ".js") - PAGE_SCRIPTS)


@pytest.mark.parametrize("name", assets.SCRIPTS)
def test_a_module_imports_only_modules_before_it(name: str) -> None:
    source = (assets.STATIC / "js" / f"{name}.js").read_text()

    imported = re.findall(r'from "\./([\w-]+)\.js"', source)

    assert source.count("import ") == len(imported)
    assert set(imported) <= set(assets.SCRIPTS[: assets.SCRIPTS.index(name)])


def test_modules_share_their_scope_without_clashes() -> None:
    script = assets.combine("js/app.js")

    declared = re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", script, re.MULTILINE)

    assert len(declared) == len(set(declared)) > 20
    assert not re.findall(r"^(?:import|export)\b.*", script, re.MULTILINE)


@pytest.mark.parametrize(("path", "kind"), [("css/app.css", "text/css"), ("js/app.js", "text/javascript")])
def test_a_combined_file_is_kept_until_it_changes(client: FlaskClient, path: str, kind: str) -> None:
    address = re.findall(rf'"(/static/{path}\?v=\w+)"', client.get("/login").text)[0]

    reply = client.get(address)

    assert reply.mimetype == kind
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(address, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304
    assert "immutable" not in client.get(f"/static/{path}").headers.get("Cache-Control", "")


def test_every_class_of_a_page_has_a_rule(app: Flask) -> None:
    """Fails when a class is renamed in the stylesheets and not in a template."""
    ruled = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", re.sub(r"\{[^{}]*\}", "{}", assets.combine("css/app.css"))))
    used: dict[str, str] = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        for value in re.findall(r'\bclass="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"', source, re.DOTALL):
            plain = re.sub(r"[\w-]*(?:\{\{.*?\}\}|\{%.*?%\})[\w-]*", " ", value, flags=re.DOTALL)
            used |= dict.fromkeys(plain.split(), path.name)

    assert {name: path for name, path in used.items() if name not in ruled} == {}


def test_a_wrong_host_is_refused_even_if_no_page_was_rendered_before(app: Flask) -> None:
    """Fails when the error page asks the URL map for its files: there is none until the Host is accepted."""
    assets.address.cache_clear()

    reply = app.test_client().get("/", headers={"Host": "192.0.2.7"})

    assert reply.status_code == 400
    assert "/static/css/app.css?v=" in reply.text
