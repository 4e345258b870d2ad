"""The texts of the interface, extracted as ``make messages`` does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext", "gettext_noop")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
}
TEMPLATE_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


@cache
def extract_messages() -> Catalog:
    found = Catalog()
    sources: tuple[tuple[Path, list[tuple[str, str]], dict[str, dict[str, str]]], ...] = (
        (ROOT / "app", [("**.py", "python")], {}),
        (ROOT / "templates", [("**", "jinja2")], {"**": TEMPLATE_OPTIONS}),
    )
    for folder, methods, options in sources:
        for _path, line, message, _comments, context in extract_from_dir(
            str(folder), methods, options, keywords=KEYWORDS
        ):
            found.add(message, locations=[("", line)], context=context)
    return found
