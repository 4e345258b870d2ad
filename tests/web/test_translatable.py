"""Every text of the interface can be translated: no sentence stands in a template or a view outside gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from tests.conftest import ROOT
from tests.support.messages import extract_messages

TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
VIEWS = sorted(
    path
    for name in ("accounts", "admin", "learn", "studio", "teach", "web")
    for path in (ROOT / "app" / name).rglob("*.py")
)

GETTEXT = {"_", "_l", "gettext", "ngettext", "pgettext", "lazy_gettext", "lazy_ngettext", "gettext_noop"}
# Attributes that are read to somebody.
SPOKEN = {"alt", "aria-description", "aria-label", "aria-roledescription", "label", "placeholder", "title"}
# Functions and filters whose arguments are names: of endpoints, icons, formats, keys.
TAKES_NAMES = {
    "url_for",
    "static",
    "icon",
    "replace",
    "map",
    "selectattr",
    "rejectattr",
    "groupby",
    "sort",
    "attr",
    "tojson",
}
# Words that are the same in every language.
SAME = re.compile(r"\b(Palpate|CSV|XLSX|HTML|QR|UTF-8|ICS|KR|min|max|px|s|p|e|i|g|r|AA?|v|of)\b|&[#\w]+;")
WORD = re.compile(r"[^\W\d_]{2,}")

# Calls whose first string is shown to somebody.
SHOWS = {
    "flash",
    "ValidationError",
    "StopValidation",
    "DataRequired",
    "InputRequired",
    "Length",
    "NumberRange",
}


# Calls that draw a text into a picture, with the number of the argument.
DRAWS = {"build_text": 2, "build_svg": 2, "Curve": 0}


class _Texts(HTMLParser):
    """Collects what a person reads or hears of a piece of HTML, also of a piece that begins within a tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)


def _list_texts(app: Flask, path: Path) -> Iterator[str]:
    """Yield the texts of a template that are not translated: those of its HTML, then those in its expressions."""
    tree = app.jinja_env.parse(path.read_text())
    # Expressions become a mark, so that a tag that is built from several of them is still read as one.
    html = "".join(_list_data(tree))
    reader = _Texts()
    reader.feed(html)
    yield from (text.strip() for text in reader.texts if _is_text(text))
    yield from (text for output in tree.find_all(nodes.Output) for text in _list_constants(output))


def _list_data(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Block) and node.name == "page_class":
        return  # a name of CSS
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for child in node.nodes:
            yield child.data if isinstance(child, nodes.TemplateData) else "\ufffc"
    else:
        for part in node.iter_child_nodes():
            yield from _list_data(part)


def _list_constants(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.TemplateData):
        return
    if isinstance(node, nodes.Const):
        # A name, such as a class, has no space within and no capital; a text of one word in lower case is like one.
        if isinstance(node.value, str) and _is_text(node.value) and re.search(r"\S\s+\w|^[A-Z][a-z]", node.value):
            yield node.value
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT | TAKES_NAMES:
        return
    if isinstance(node, (nodes.Getitem, nodes.Compare)) or (
        isinstance(node, nodes.Filter) and node.name in TAKES_NAMES
    ):
        children: Iterator[nodes.Node] = node.iter_child_nodes(only=("node", "expr"))
    else:
        children = node.iter_child_nodes()
    for child in children:
        yield from _list_constants(child)


def _is_text(text: str) -> bool:
    return bool(WORD.search(SAME.sub("", text)))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_has_no_text_outside_the_catalogue(app: Flask, path: Path) -> None:
    assert list(_list_texts(app, path)) == []


@pytest.mark.parametrize("path", VIEWS, ids=_name)
def test_a_view_shows_no_text_outside_the_catalogue(path: Path) -> None:
    assert list(_list_shown(path)) == []


def _list_shown(path: Path) -> Iterator[str]:
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        name = (
            call.func.id
            if isinstance(call.func, ast.Name)
            else call.func.attr
            if isinstance(call.func, ast.Attribute)
            else ""
        )
        shown = call.args if name in SHOWS or name.endswith("Field") else call.args[1:] if name == "abort" else []
        if name in DRAWS and not any(isinstance(one, ast.Starred) for one in call.args):
            shown = call.args[DRAWS[name] : DRAWS[name] + 1]
        shown = [*shown[:1], *(key.value for key in call.keywords if key.arg in ("message", "label", "description"))]
        for argument in shown:
            for part in _list_strings(argument):
                if _is_text(part):
                    yield part


def _list_strings(node: ast.expr) -> Iterator[str]:
    """Yield the literals of an expression, except those within a call, such as gettext."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        yield from _list_strings(node.left)
        yield from _list_strings(node.right)
    elif isinstance(node, ast.IfExp):
        yield from _list_strings(node.body)
        yield from _list_strings(node.orelse)


def test_texts_are_found(app: Flask, tmp_path: Path) -> None:
    """The test itself: each kind of text is found, and what is none is not."""
    page = tmp_path / "page.html"
    page.write_text(
        """<p class="big" data-x="not shown">First {{ name }}</p>
        <a href="{{ url_for('learn.show_course') }}" aria-label="Second">{{ icon("book") }}{{ _("fine") }}</a>
        <b>{{ "Third" if late else _("fine") }}</b>{% trans %}fine{% endtrans %}<i {% if a == "None such" %}hidden{% endif %}>12</i>
        {{ say("the fourth one") }}<u class="a{{ ' is-late' if late }}"></u>"""
    )
    view = tmp_path / "view.py"
    view.write_text(
        'flash("Fifth"); flash(_("fine"))\nabort(400, f"Sixth {x}")\nname = StringField("Seventh", description="Eighth")\n'
        'Regexp("[a-z]+", message="Ninth")\nbuild_text(1, 2, f"{n} Tenth", "looks")\nbuild_svg("looks", (1, 2), _("fine"), [])\n'
    )

    assert list(_list_texts(app, page)) == ["First \ufffc", "Second", "Third", "the fourth one"]
    assert list(_list_shown(view)) == ["Fifth", "Sixth ", "Seventh", "Eighth", "Ninth", " Tenth"]


def _list_called_texts(source: str) -> Iterator[str]:
    """Yield the first literal of each call of gettext."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GETTEXT and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_text_of_a_view_reaches_the_catalogue() -> None:
    """Fails if a call of gettext is an argument of another one: Babel does not extract the inner one."""
    extracted = {one.id if isinstance(one.id, str) else one.id[0] for one in extract_messages() if one.id}

    missing = {
        text: _name(path)
        for path in sorted((ROOT / "app").rglob("*.py"))
        for text in _list_called_texts(path.read_text())
        if text not in extracted
    }
    assert missing == {}


def test_texts_have_typographic_apostrophes_and_quotation_marks() -> None:
    """Course texts are converted when rendered, so a straight one would stand out on the same page."""
    sources = {form for one in extract_messages() for form in ((one.id,) if isinstance(one.id, str) else one.id)}

    straight = {text for text in sources if "'" in text or '"' in re.sub(r"<[^>]*>", "", text)}

    assert "This can’t be undone" in sources
    assert straight == set()


def test_english_texts_have_no_space_before_a_per_cent_sign() -> None:
    """The filter ``percent`` writes none, so "93 %" would stand beside "93%". Translations follow their own rule."""
    sources = {form for one in extract_messages() for form in ((one.id,) if isinstance(one.id, str) else one.id)}

    assert "Passed, %(percent)s%%" in sources
    assert {text for text in sources if re.search(r"(\)s|[\d}])\s%%", text)} == set()


def test_no_imported_template_translates_before_it_is_called(app: Flask) -> None:
    """Jinja evaluates a template that is imported without context once; its texts would stay in the first language."""
    trees = {str(path.relative_to(ROOT / "templates")): app.jinja_env.parse(path.read_text()) for path in TEMPLATES}
    imports: list[nodes.FromImport | nodes.Import] = []
    for tree in trees.values():
        imports += [*tree.find_all(nodes.FromImport), *tree.find_all(nodes.Import)]
    imported = {one.template.value for one in imports if not one.with_context and isinstance(one.template, nodes.Const)}

    early = [
        f"{name}:{statement.lineno}"
        for name in sorted(imported)
        for statement in trees[name].body
        if isinstance(statement, (nodes.Assign, nodes.AssignBlock))
        for call in statement.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT
    ]
    assert len(imported) > 10
    assert early == []
