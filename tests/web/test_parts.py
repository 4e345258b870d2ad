"""Parts of pages that are rendered once for all readers depend on nothing but their values and the language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import Environment, meta, nodes
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.release import RELEASE_EVERYTHING
from app.models import AttemptItem, QuestionVersion
from app.services.attempts.feedback import get_feedback
from app.services.course import catalogue
from tests.conftest import ROOT
from tests.support.question_kinds import MARKED_BY_KEY

TEMPLATES = ROOT / "templates"
SAME_FOR_ALL = frozenset({"_", "gettext", "ngettext", "icon", "static", "course_language", "locale", "url_for", "part"})
"""Functions of templates that ask for nothing but their arguments and the language."""
OF_A_READER = frozenset({"when", "due_when", "named_when", "day", "date", "clock", "ago"})
"""Filters that use the reader's time zone or the time."""


def _parse(env: Environment, name: str) -> nodes.Template:
    return env.parse((TEMPLATES / name).read_text(), name)


def _list_parts(env: Environment) -> set[str]:
    """List the templates that are named in a call of ``part`` in any template."""
    calls = (
        call
        for path in TEMPLATES.rglob("*.html")
        for call in env.parse(path.read_text()).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "part"
    )
    return {call.args[0].as_const() for call in calls}


def _list_included(template: nodes.Template) -> Iterator[str]:
    for node in template.find_all((nodes.Include, nodes.Extends)):
        assert isinstance(node, nodes.Include | nodes.Extends)
        if isinstance(node.template, nodes.Const):
            yield str(node.template.value)
        else:  # the feedback of a question's kind
            for name in ("feedback.html", "comparison.html"):
                yield from (str(path.relative_to(TEMPLATES)) for path in (TEMPLATES / "kinds").rglob(name))


def _pick_macros(env: Environment, name: str, wanted: set[str]) -> nodes.Template:
    """Return a template without the macros that neither ``wanted`` nor these use."""
    whole = _parse(env, name)
    macros = {macro.name: macro for macro in whole.find_all(nodes.Macro)}
    kept: set[str] = set()
    while wanted - kept:
        one = (wanted - kept).pop()
        kept.add(one)
        wanted |= {node.name for node in macros[one].find_all(nodes.Name)} & macros.keys()
    body = [node for node in whole.body if not isinstance(node, nodes.Macro) or node.name in kept]
    template = nodes.Template(body, lineno=1)
    template.set_environment(env)
    return template


def _walk(env: Environment, name: str) -> Iterator[nodes.Template]:
    """Yield everything that rendering a part runs: the template, what it includes, and the macros it imports."""
    names, seen = [name], set()
    while names:
        one = names.pop()
        if one in seen:
            continue
        seen.add(one)
        template = _parse(env, one)
        yield template
        names += _list_included(template)
        for line in template.find_all(nodes.FromImport):
            source = line.template.as_const()
            wanted = {found if isinstance(found, str) else found[0] for found in line.names}
            yield _pick_macros(env, source, wanted)
            names += [found.template.as_const() for found in _parse(env, source).find_all(nodes.FromImport)]


def test_no_part_asks_for_anything_of_its_first_reader(app: Flask) -> None:
    """Fails when a part shows the viewer, the session, a token, the theme, or a time in the reader's zone."""
    env = app.jinja_env
    parts = _list_parts(env)

    asked = {
        (part, name)
        for part in parts
        for template in _walk(env, part)
        for name in (meta.find_undeclared_variables(template) & env.globals.keys()) - SAME_FOR_ALL
    }
    filtered = {
        (part, found.name)
        for part in parts
        for template in _walk(env, part)
        for found in template.find_all(nodes.Filter)
        if found.name in OF_A_READER
    }

    assert "learn/_lesson_end.html" in parts
    assert asked | filtered == set()


@pytest.mark.parametrize("kind", [kind.name for kind in MARKED_BY_KEY])
def test_the_feedback_of_every_kind_can_be_kept(kind: str, app: Flask, session: Session) -> None:
    """Fails when feedback holds a list, by which no part can be found again."""
    version = session.scalars(select(QuestionVersion).where(QuestionVersion.kind == kind)).first()
    assert version
    shown = catalogue.get_texts(session, [version.id])[version.id]
    key = catalogue.get_solutions(session, [version.id])[version.id].key
    order = list(range(version.option_count))
    rights = (None, shown.kind.right_response(shown, key))
    items = [AttemptItem(position=1, version_id=version.id, option_order=order, response=one) for one in rights]

    for item in items:
        feedback = get_feedback(session, item, RELEASE_EVERYTHING)
        assert hash(feedback) == hash(get_feedback(session, item, RELEASE_EVERYTHING))
