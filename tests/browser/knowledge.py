"""What is right, read from the course's own files: a learner in a test can then be as good as the test needs."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from playwright.sync_api import Locator, Page

from app.content.loader import load_course
from app.demo import answering
from app.domain.content import Kind, Question
from app.domain.question import Shown
from app.domain.response import Response
from app.jinja import plain
from tests.browser.hands import Hands
from tests.browser.serving import ROOT


def answer(hands: Hands, *, is_right: bool) -> Kind:
    """Answer the question on the page, by whatever its kind offers; return the kind."""
    page = hands.page
    question = _question(page)
    response = _right(question) if is_right else _wrong(question)
    match question.kind:
        case Kind.NUMERIC:
            hands.write(page.locator("[name=value]"), str(response))
        case Kind.MATCH:
            for prompt, option in zip(question.prompts, response, strict=True):
                select = page.get_by_label(_words(plain(prompt)), exact=True)
                hands.pick(select, _value(select, _words(plain(question.options[option or 0]))))
        case Kind.ORDER:
            for step, rank in zip(question.options, response, strict=True):
                hands.pick(page.get_by_label(f"Place of: {_words(plain(step))}", exact=True), str(rank))
        case _:
            chosen = {_words(plain(question.options[index or 0])) for index in response}
            for text, option in _options(page):
                if text in chosen:
                    hands.choose(option)
    return question.kind


def right_places(page: Page) -> list[str]:
    """What the inputs of the right options send, where the question is answered by choosing."""
    question = _question(page)
    right = {_words(plain(question.options[index])) for index in question.key.correct}
    return [option.get_attribute("value") or "" for text, option in _options(page) if text in right]


def _right(question: Question) -> Response:
    return answering.right(_shown(question), question.key)


def _wrong(question: Question) -> Response:
    return answering.wrong(_shown(question), question.key, Random(0), Random(0))


def _shown(question: Question) -> Shown:
    return Shown(0, 0, 0, 1, question.kind, question.critical, None, question.stem, question.options, question.prompts)


def _options(page: Page) -> list[tuple[str, Locator]]:
    return [
        (_words(label.locator("span").last.inner_text()), label.locator("input"))
        for label in page.locator(".opt").all()
    ]


def _value(select: Locator, text: str) -> str:
    found: str = select.evaluate(
        "(one, text) => [...one.options].find((option) => option.text.trim().replace(/\\s+/g, ' ').endsWith(`: ${text}`)).value",
        text,
    )
    return found


def _words(text: str) -> str:
    return " ".join(text.split())


def _question(page: Page) -> Question:
    """The question on the page, known by its stem and, where several share one, by its case and all that can be chosen."""
    found = _by_stem()[_words(page.locator(".stem").inner_text())]
    if len(found) == 1:
        return found[0]
    shown = _words(page.locator("main").text_content() or "")
    return next(one for one in found if all(part in shown for part in _parts(one)))


def _parts(question: Question) -> list[str]:
    parts = (question.vignette or "", *question.options, *question.prompts)
    return [_words(plain(part)) for part in parts]


@lru_cache(maxsize=1)
def _by_stem() -> dict[str, list[Question]]:
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    found: dict[str, list[Question]] = {}
    for module in course.modules:
        for question in module.questions:
            found.setdefault(_words(plain(question.stem)), []).append(question)
    return found
