"""What is right, read from the course's own files: a learner in a test can then be as good as the test needs."""

from __future__ import annotations

from functools import lru_cache

from playwright.sync_api import Locator, Page

from app.content.loader import load_course
from app.jinja import plain
from tests.browser.serving import ROOT


def right_options(page: Page) -> list[Locator]:
    """The inputs of the right options of the question on ``page``."""
    right = _key(_words(page.locator(".stem").inner_text()), frozenset(_texts(page)))
    return [option for text, option in _options(page) if text in right]


def wrong_option(page: Page) -> Locator:
    right = _key(_words(page.locator(".stem").inner_text()), frozenset(_texts(page)))
    return next(option for text, option in _options(page) if text not in right)


def _options(page: Page) -> list[tuple[str, Locator]]:
    return [
        (_words(label.locator("span").last.inner_text()), label.locator("input"))
        for label in page.locator(".opt").all()
    ]


def _texts(page: Page) -> list[str]:
    return [text for text, _option in _options(page)]


def _words(text: str) -> str:
    return " ".join(text.split())


def _key(stem: str, options: frozenset[str]) -> frozenset[str]:
    return _keys()[stem, options]


@lru_cache(maxsize=1)
def _keys() -> dict[tuple[str, frozenset[str]], frozenset[str]]:
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    keys = {}
    for module in course.modules:
        for question in module.questions:
            options = frozenset(_words(plain(option.text)) for option in question.options)
            right = frozenset(_words(plain(option.text)) for option in question.options if option.correct)
            keys[_words(plain(question.stem)), options] = right
    return keys
