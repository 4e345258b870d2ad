"""The language of pages: chosen by account and browser, with every text of the interface in the catalogue."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from app.web.translation import get_language
from tests.conftest import ROOT
from tests.support.messages import extract_messages

GERMAN = "Darstellung"
CATALOGUES = sorted((ROOT / "app/translations").glob("*/LC_MESSAGES/messages.po"))


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,de;q=0.5", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("fr", "en"),
        ("", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("\x00;;,q=", "en"),
    ],
)
def test_the_browser_chooses_the_language(client: FlaskClient, wanted: str, language: str) -> None:
    page = client.get("/", headers={"Accept-Language": wanted}).text

    assert f'<html lang="{language}" dir="ltr"' in page
    assert (GERMAN in page) is (language == "de")


def test_a_chosen_language_takes_precedence_over_that_of_the_browser(client: FlaskClient) -> None:
    assert client.post("/language", data={"language": "de"}).status_code == 303

    assert GERMAN in client.get("/", headers={"Accept-Language": "en"}).text


def test_the_language_of_a_request_ends_with_it(client: FlaskClient) -> None:
    """Fails when work outside requests in the same thread, such as a command, speaks the language of the last reader."""
    client.get("/", headers={"Accept-Language": "de"})

    assert get_language() == "en"


@pytest.mark.parametrize("code", ["", "xx", "../de", "DE", "de_AT"])
def test_an_unknown_language_is_refused(client: FlaskClient, code: str) -> None:
    assert client.post("/language", data={"language": code}).status_code == 400

    assert '<html lang="en"' in client.get("/").text


@pytest.mark.parametrize("path", ["/nowhere", "/attempts/1/1"])
def test_an_error_page_uses_the_chosen_language(client: FlaskClient, path: str) -> None:
    reply = client.get(path, headers={"Accept-Language": "de"})

    assert reply.status_code == 404
    assert '<html lang="de"' in reply.text


def _list_translations(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the translations by text: one form of each, or singular and plural."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            forms = message.string or ""
            source = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            found[source] = (forms,) if isinstance(forms, str) else tuple(forms)
    return found


def _read(path: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    return _list_translations(read_po(BytesIO(path.read_bytes()), locale=path.parts[-3]))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_is_current_and_complete(path: Path) -> None:
    """Fails if a text was added or changed without running ``make messages`` and translating it."""
    translations = _read(path)

    assert translations.keys() == _list_translations(extract_messages()).keys()
    assert [source for source, forms in translations.items() if not all(forms)] == []
    assert _list_translations(read_mo(BytesIO(path.with_suffix(".mo").read_bytes()))) == translations


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_translation_keeps_placeholders_and_markup(path: Path) -> None:
    def list_parts(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s|%%|</?\w+[^>]*>", text))

    def is_wrong(source: tuple[str, ...], form: str) -> bool:
        # A singular may spell the number out, so only parts that the source does not have are wrong there.
        exact = len(source) == 1
        return (
            list_parts(form) != list_parts(source[0]) if exact else bool({*list_parts(form)} - {*list_parts(source[1])})
        )

    assert [form for source, forms in _read(path).items() for form in forms if is_wrong(source, form)] == []
