"""Stylesheets and scripts: one file per component in ``app/static``, combined into one file for browsers.

The files are combined in memory on first request, so there is no build step. Changes take effect after a restart.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

STATIC = Path(__file__).resolve().parent.parent / "static"

STYLES = (
    "fonts",
    "tokens",
    "base",
    "utilities",
    "top-bar",
    "search",
    "page",
    "footer",
    "buttons",
    "tags",
    "panels",
    "progress",
    "reviews",
    "course",
    "lesson",
    "figures",
    "sources",
    "letters",
    "glossary",
    "bibliography",
    "about",
    "devices",
    "offline",
    "errors",
    "leaflets",
    "red-flags",
    "test-bar",
    "running-test",
    "question",
    "question-map",
    "feedback",
    "result",
    "goals",
    "mastery",
    "tables",
    "answer-kinds",
    "writing",
    "cases",
    "reports",
    "messages",
    "inbox",
    "own-notes",
    "forms",
    "gradebook",
    "cohorts",
    "join-screen",
    "administration",
    "studio",
    "entry-form",
    "corrections",
    "certificates",
    "cpd",
    "composing",
    "charts",
    "insight",
    "body-map",
    "preferences",
    "print",
)
"""The stylesheets in cascade order: general rules come first, because later rules of equal specificity win."""

SCRIPTS = (
    "icons",
    "storage",
    "words",
    "saver",
    "queue",
    "timer",
    "running",
    "regions",
    "reading",
    "own-notes",
    "remember",
    "keys",
    "searching",
    "sorting",
    "summary",
    "filter",
    "entry-form",
    "toolbar",
    "writing",
    "main",
)
"""The modules of the script in dependency order: each imports only earlier ones."""

COMBINED = ("css/app.css", "js/app.js")

_FONT = re.compile(r'url\("\.\./(fonts/[^"?]+)')
_INDENTATION = re.compile(r"\n\s+")
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |class |function |async function )", re.MULTILINE)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["static"] = address
    for path in COMBINED:
        app.add_url_rule(f"/static/{path}", endpoint="combined", view_func=combined, defaults={"path": path})


@lru_cache(maxsize=2)
def combine(path: str) -> str:
    """Return the text of a combined file, ``css/app.css`` or ``js/app.js``."""
    if path == "css/app.css":
        sheet = "".join((STATIC / "css" / f"{name}.css").read_text() for name in STYLES)
        return _INDENTATION.sub("\n", sheet)
    # In the combined file, all modules share one scope. Only tests and linters need the imports and exports.
    modules = "".join((STATIC / "js" / f"{name}.js").read_text() for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{_EXPORT.sub("", _IMPORT.sub("", modules))}}})();\n'


def combined(path: str) -> Response:
    """Send a combined file."""
    kind = "text/css" if path.endswith(".css") else "text/javascript"
    response = Response(combine(path), mimetype=kind)
    response.set_etag(_digest(path))
    response.make_conditional(request)
    return response


def list_fonts() -> list[str]:
    """List the paths of the fonts that the stylesheet loads."""
    return _FONT.findall(combine("css/app.css"))


@lru_cache(maxsize=256)
def address(path: str) -> str:
    """Return the URL of a static file. It changes with the file's content, so browsers may cache it for a year.

    It does not ask the URL map: error pages need files too, and a request with a wrong Host has no map.
    """
    return f"/static/{path}?v={_digest(path)}"


@lru_cache(maxsize=256)
def _digest(path: str) -> str:
    content = combine(path).encode() if path in COMBINED else (STATIC / path).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]
