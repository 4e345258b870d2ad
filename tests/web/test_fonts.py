"""Fonts are kept by browsers for a year, under an address that changes with their content."""

from __future__ import annotations

import hashlib
import re

from flask.testing import FlaskClient

from tests.conftest import ROOT


def test_the_stylesheet_names_each_font_by_its_content() -> None:
    """Fails when a font is exchanged and its old version in the address stays."""
    sheet = (ROOT / "app/static/css/fonts.css").read_text()

    named = re.findall(r'url\("../(fonts/[^"?]+)(?:\?v=([0-9a-f]+))?"\)', sheet)

    assert len(named) == 3
    for path, version in named:
        assert version == hashlib.sha256((ROOT / "app/static" / path).read_bytes()).hexdigest()[:12], path


def test_the_font_that_a_page_preloads_is_the_one_that_the_stylesheet_uses(client: FlaskClient) -> None:
    """Fails when their addresses differ: then the font is loaded twice."""
    preloaded = re.findall(r'<link rel="preload" href="/static/([^"]+)"', client.get("/login").text)

    sheet = client.get("/static/css/app.css").text

    assert preloaded
    assert all(f'url("../{address}")' in sheet for address in preloaded)
