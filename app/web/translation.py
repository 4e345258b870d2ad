"""The language of a page: chosen by the user, else by the browser, else English.

The choice is kept in the session, so that choosing a catalogue needs no database; an error page has none. An account
keeps it too: for mail, and for the next browser in which the user signs in.

Course content stays in English in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from babel import Locale, negotiate_locale
from flask import Flask, current_app, request, session
from flask_babel import Babel, force_locale, get_babel, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.settings import Settings

SOURCE = "en"

# Selected when a request first needs it: a file of styles or scripts must not read the session.
_language: ContextVar[str | None] = ContextVar("language", default=None)


def init_app(app: Flask, settings: Settings) -> None:
    folders = ("translations", *(str(folder.resolve()) for folder in settings.translations))
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    Babel(
        app,
        default_locale=SOURCE,
        default_translation_directories=";".join(folders),
        locale_selector=get_language,
    )
    app.before_request(_forget_language)
    app.teardown_request(_forget_language)
    with app.app_context():
        codes = sorted({str(locale) for locale in get_babel().instance.list_translations()})
    app.extensions["languages"] = (SOURCE, *(code for code in codes if code != SOURCE))
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
    app.jinja_env.globals.update(locale=get_locale, languages=list_languages, course_language=mark_as_course_language)


def get_languages() -> tuple[str, ...]:
    """Return the codes of all languages with a catalogue, English first."""
    codes: tuple[str, ...] = current_app.extensions["languages"]
    return codes


def list_languages() -> list[tuple[str, str]]:
    """List all languages: code and name in the language itself."""
    return [(code, _get_name(code)) for code in get_languages()]


@lru_cache
def _get_name(code: str) -> str:
    return (Locale.parse(code).get_display_name() or code).capitalize()


def get_language() -> str:
    """Return the code of the language of the current request; outside a request, English."""
    code = _language.get()
    if code is None:
        code = _select_language() if request else SOURCE
        _language.set(code)
    return code


def _forget_language(_error: BaseException | None = None) -> None:
    """Select the language anew for the next request or command in this thread."""
    _language.set(None)


def _select_language() -> str:
    chosen = session.get("language")
    if chosen in get_languages():
        return str(chosen)
    wanted = [code.replace("-", "_") for code, quality in request.accept_languages if quality]
    return negotiate_locale(wanted, get_languages()) or SOURCE


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Write in another language for a while: for mail to somebody else. An unknown or empty code means English."""
    token = _language.set(code if code in get_languages() else SOURCE)
    try:
        with force_locale(get_language()):
            yield
    finally:
        _language.reset(token)


def choose_language(code: str) -> None:
    """Use a language for all further pages of this browser until sign-out."""
    session["language"] = code
    session.permanent = True
    _language.set(code)


def is_right_to_left() -> bool:
    """Return whether the language of the current request is written from right to left."""
    return _is_right_to_left(get_language())


@lru_cache
def _is_right_to_left(code: str) -> bool:
    return str(Locale.parse(code).text_direction) == "rtl"


def mark_as_course_language() -> Markup:
    """Return the attributes for an element with course content, which is in English on every page."""
    return Markup("") if get_language() == SOURCE else Markup(' lang="en" dir="ltr"')


def mark_course_text(text: str) -> str:
    """Return a text of the course for a page: if the page is in another language, within an element marked as English."""
    if get_language() == SOURCE:
        return text
    return Markup('<span lang="en" dir="ltr">{}</span>').format(text)


# Jinja's own functions look up context, locale and catalogue for each text, which takes twenty times as long.


@pass_eval_context
def _gettext(context: EvalContext, string: str, **variables: object) -> str:
    text = translate(string)
    if not variables:
        return _format(text) if context.autoescape else text % ()
    return (Markup(text) if context.autoescape else text) % variables  # noqa: S704  a text of the catalogue


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, num: int, **variables: object) -> str:
    text = _translate_plural(get_language(), singular, plural, num)
    variables.setdefault("num", num)
    return (Markup(text) if context.autoescape else text) % variables  # noqa: S704  a text of the catalogue


def translate(text: str) -> str:
    """Return a text in the language of the current request."""
    return _translate(get_language(), text)


@lru_cache(maxsize=16384)
def _translate(_code: str, string: str) -> str:
    return get_translations().ugettext(string)


@lru_cache(maxsize=4096)
def _translate_plural(_code: str, singular: str, plural: str, num: int) -> str:
    return get_translations().ungettext(singular, plural, num)


@lru_cache(maxsize=16384)
def _format(text: str) -> Markup:
    return Markup(text) % ()  # noqa: S704  a text of the catalogue
