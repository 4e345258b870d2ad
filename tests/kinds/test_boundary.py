"""Nothing outside the three folders of kinds names a kind: neither its name, nor its module, its classes, or the fields of its keys."""

from __future__ import annotations

import ast
import dataclasses
import pkgutil
import re
from collections.abc import Iterator, Sequence
from importlib import import_module

import pytest

import app.content.kinds
import app.domain.kinds
from app.domain.kinds import KINDS
from tests.conftest import ROOT

NAMES = frozenset(kind.name for kind in KINDS)
PACKAGES = ("app.domain.kinds", "app.content.kinds")
FOLDERS = ("app/domain/kinds/", "app/content/kinds/", "templates/kinds/")
OPEN_MODULES = ("base",)
"""What anybody may import from the two packages, beside the packages themselves."""

MODULES = {
    f"{package.__name__}.{found.name}": import_module(f"{package.__name__}.{found.name}")
    for package in (app.domain.kinds, app.content.kinds)
    for found in pkgutil.iter_modules(package.__path__)
    if found.name not in OPEN_MODULES
}
CLASSES = {
    name: thing
    for module in MODULES.values()
    for name, thing in vars(module).items()
    if isinstance(thing, type) and thing.__module__ == module.__name__
}
KEY_FIELDS = frozenset(
    field.name
    for name, thing in CLASSES.items()
    if name.endswith("Key") and dataclasses.is_dataclass(thing)
    for field in dataclasses.fields(thing)
)


def in_python(source: str) -> Iterator[str]:
    """What in a Python file names a kind."""
    for node in ast.walk(ast.parse(source)):
        yield from _in_imports(node)
        yield from _in_names(node)
        yield from _in_comparisons(node)
        yield from _in_lookups(node)
        yield from _in_collections(node)


def _in_imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            yield from (name for one in names for name in _imported(module, one.name))
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name in MODULES)


def _in_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in CLASSES:
            yield name
        case ast.Attribute(value=value, attr=field) if field in KEY_FIELDS and _is_key(value):
            yield ast.unparse(node)


def _in_comparisons(node: ast.AST) -> Iterator[str]:
    sides: list[ast.AST] = []
    match node:
        case ast.Compare(left=left, comparators=others):
            sides = [left, *others]
        case ast.Match(subject=subject, cases=cases):
            sides = [subject, *(case.pattern for case in cases)]
    if any(_is_of_kind(side) for side in sides):
        yield from (name for side in sides for name in _strings(side) if name in NAMES)


def _in_lookups(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(value=value, slice=index) if _is_of_kind(index):
            yield from (name for name in _strings(value) if name in NAMES)
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[index, *_]) if _is_of_kind(index):
            yield from (name for name in _strings(value) if name in NAMES)
        case ast.Call(func=func, args=args) if ast.unparse(func).endswith("kinds.get"):
            yield from (name for argument in args for name in _strings(argument))


def _in_collections(node: ast.AST) -> Iterator[str]:
    """A table or a set of nothing but names of kinds, of two or more."""
    members: Sequence[ast.expr | None] = ()
    match node:
        case ast.Dict(keys=keys):
            members = keys
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            members = parts
    if len(members) > 1 and all(member is not None and _string(member) in NAMES for member in members):
        yield ast.unparse(node)


def _imported(module: str, name: str) -> Iterator[str]:
    for full in (module, f"{module}.{name}"):
        if full in MODULES:
            yield full
    if module.startswith(PACKAGES) and module.rpartition(".")[2] not in (*OPEN_MODULES, "kinds"):
        yield module


def _is_key(value: ast.expr) -> bool:
    return re.search(r"(^|[._])key$", ast.unparse(value)) is not None


def _is_of_kind(node: ast.AST) -> bool:
    """Whether an expression is a kind or its name: ``shown.kind``, ``kind.name``, ``QuestionVersion.kind``, ``entry.kind.folder``."""
    return re.search(r"(^|[^A-Za-z])kind\b(\.(name|folder))?$", ast.unparse(node)) is not None


def _string(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _strings(node: ast.AST) -> Iterator[str]:
    return (found for one in ast.walk(node) if (found := _string(one)) is not None)


def in_template(source: str) -> Iterator[str]:
    """What in a template names a kind: in a tag or an expression that speaks of a kind, and in the path of an include."""
    text = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for block in re.findall(r"\{[{%].*?[}%]\}", text, flags=re.DOTALL):
        literals = re.findall(r"""["']([^"']*)["']""", block)
        if re.search(r"\bkind\b", block):
            yield from (literal for literal in literals if literal in NAMES)
        yield from (literal for literal in literals if re.match(r"kinds/[a-z]", literal))
        yield from re.findall(rf"\b(?:key|solution)\.(?:{'|'.join(sorted(KEY_FIELDS))})\b", block)


def in_script(source: str) -> Iterator[str]:
    """What in a script names a kind: a literal in a line that speaks of a kind, or a literal that nothing else is called by."""
    for line in source.splitlines():
        literals = set(re.findall(r"""["'`]([^"'`]*)["'`]""", line))
        if re.search(r"\bkind\b", line, re.IGNORECASE):
            yield from literals & NAMES
        yield from literals & (NAMES - {"match", "order", "text", "numeric"})


READERS = {".py": in_python, ".html": in_template, ".txt": in_template, ".js": in_script}
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app/**/*.py", "templates/**/*.*", "app/static/js/*.js", "migrations/env.py", "wsgi.py")
    for path in ROOT.glob(pattern)
    if path.suffix in READERS
)


def test_nothing_outside_the_three_folders_names_a_kind() -> None:
    outside = [name for name in FILES if not name.startswith(FOLDERS)]

    found = {name: sorted(set(READERS["." + name.rpartition(".")[2]]((ROOT / name).read_text()))) for name in outside}

    assert len(outside) > 250
    assert {name: what for name, what in found.items() if what} == {}


def test_the_reader_finds_what_the_folders_themselves_say() -> None:
    """Fails when the reader finds nothing because it looks for nothing."""
    found = {
        name
        for name in FILES
        if name.startswith(FOLDERS) and list(READERS["." + name.rpartition(".")[2]]((ROOT / name).read_text()))
    }

    assert {f"{folder}choice.py" for folder in FOLDERS[:2]} <= found
    assert "templates/kinds/region/answer.html" in found


@pytest.mark.parametrize(
    "source",
    [
        "from app.domain.kinds.choice import SingleKind",
        "from app.domain.kinds import choice",
        "from app.content.kinds import region as pictures",
        "import app.domain.kinds.match",
        "if shown.kind.name == 'numeric': pass",
        "if 'order' == kind: pass",
        "if version.kind in ('single', 'several'): pass",
        "found = select(QuestionVersion.kind != 'match')",
        "match entry.kind:\n    case 'match': pass",
        "match kind.name:\n    case 'region' | 'order': pass",
        "said = {'match': 'lines', 'order': 'steps'}[kind.name]",
        "said = {'match': 'lines'}.get(shown.kind.name, 'options')",
        "CHOICES = {'single', 'several', 'truefalse'}",
        "kind = kinds.get('region')",
        "isinstance(key, ChoiceKey)",
        "right = explained.key.correct",
        "near = key.near",
        "if shown.kind.folder == 'choice' or kind.name == 'single': pass",
    ],
)
def test_a_python_file_that_tells_kinds_apart_is_found(source: str) -> None:
    assert list(in_python(source))


@pytest.mark.parametrize(
    "source",
    [
        "from app.domain.kinds import KINDS, QuestionKind",
        "from app.domain.kinds.base import LETTERS",
        "from app.domain.paper import order",
        "field = {'inputmode': 'numeric'}",
        "rows = query.order_by(order)",
        "if sort == 'order': pass",
        "found = re.match('text', 'order')",
        '"""The order of the text: single, several, match."""',
        "if event.kind == 'due': pass",
        "if shown.kind.is_choice: pass",
        "value = form.value.data",
        "looks = {'order': order, 'title': title}",
    ],
)
def test_ordinary_python_is_left_alone(source: str) -> None:
    assert list(in_python(source)) == []


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("{% if question.kind == 'match' %}", True),
        ("{% if feedback.kind.name in ('single', 'region') %}", True),
        ("{% include 'kinds/choice/answer.html' %}", True),
        ("{% include 'kinds/' ~ question.kind.folder ~ '/answer.html' %}", False),
        ("{{ solution.correct }}", True),
        ("{# question.kind == 'match' #}", False),
        ("{% if letter.kind == 'due' %}", False),
        ('<input inputmode="numeric"> {{ field.order }}', False),
    ],
)
def test_a_template_that_tells_kinds_apart_is_found(source: str, *, is_found: bool) -> None:
    assert bool(list(in_template(source))) is is_found


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("if (form.dataset.kind === 'order') save();", True),
        ("const one = 'truefalse';", True),
        ("field.type === 'text'", False),
        ("list.sort((a, b) => a.order - b.order);", False),
    ],
)
def test_a_script_that_tells_kinds_apart_is_found(source: str, *, is_found: bool) -> None:
    assert bool(list(in_script(source))) is is_found


def test_every_kind_has_its_three_parts() -> None:
    """Fails when a kind was added to the domain and has no format for authors, or a template is missing."""
    assert set(app.content.kinds.ENTRIES) == NAMES
    for kind in KINDS:
        for template in ("answer", "feedback", "form", "key", "name", "purpose"):
            assert (ROOT / "templates/kinds" / kind.folder / f"{template}.html").is_file(), (kind.name, template)
