"""Templates are compiled once for each language. What they keep is the same for every reader."""

from __future__ import annotations

from flask import Flask

from app.web.translation import use_language
from tests.support.factory import Factory


def test_each_reader_gets_the_page_in_their_own_language_in_any_order(app: Flask) -> None:
    client = app.test_client()

    pages = [client.get("/", headers={"Accept-Language": code}).text for code in ("en", "de", "en", "de")]

    assert ['lang="de"' in page.partition(">")[2].partition(">")[0] for page in pages] == [False, True, False, True]
    assert ["Skip to the content" in page for page in pages] == [True, False, True, False]


def test_nothing_of_one_reader_is_on_the_page_of_another(make: Factory) -> None:
    first, second = make.person(name="Canary Alpha"), make.person(name="Canary Beta")

    for path in ("/", "/modules/safety", "/modules/safety/lessons/red-flags", "/progress"):
        pages = [first.client.get(path).text, second.client.get(path).text, first.client.get(path).text]

        assert ["Canary Alpha" in page for page in pages] == [True, False, True]
        assert ["Canary Beta" in page for page in pages] == [False, True, False]
        assert "Canary" not in make.app.test_client().get(path).text


def test_texts_icons_and_links_are_constants_of_the_compiled_page(app: Flask) -> None:
    source = '{{ _("Skip to the content") }} {{ icon("book") }} {{ url_for("learn.show_glossary") }}'

    with app.test_request_context(), use_language("de"):
        compiled = app.jinja_env.compile(source, "page.html", raw=True)

    assert "context.call" not in compiled
    assert "Skip" not in compiled
    assert "/glossary" in compiled


def test_values_are_escaped_once_and_markup_is_not(app: Flask) -> None:
    template = app.jinja_env.from_string("{% macro show(text) %}{{ text }}{% endmacro %}{{ show(text) }}{{ text | e }}")

    with app.test_request_context():
        assert template.render(text="<i>") == "&lt;i&gt;&lt;i&gt;"


def test_values_in_a_text_are_escaped(app: Flask) -> None:
    with app.test_request_context():
        code = app.jinja_env.compile('{{ _("Due %(when)s", when=when) }}', "page.html")
        template = app.jinja_env.template_class.from_code(app.jinja_env, code, app.jinja_env.make_globals(None))

        assert template.render(when="<i>") == "Due &lt;i&gt;"
