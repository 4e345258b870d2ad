"""What is right, read from the course's own files: a learner in a test can then be as good as the test needs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from playwright.sync_api import Locator, Page

from app.content.loader import load_course
from app.domain import kinds
from app.domain.content import Question
from app.domain.kinds import QuestionKind, Response
from app.domain.question import QuestionText
from app.web.templating import plain
from tests.browser.support.input_devices import Hands
from tests.browser.support.server_process import ROOT
from tests.support import question_kinds


def answer_question(hands: Hands, *, is_right: bool) -> QuestionKind[Any]:
    """Answer the question on the page, by whatever its kind offers; return the kind."""
    page = hands.page
    question = _question(page)
    response = _right(question) if is_right else _wrong(question)
    if isinstance(response, str):
        hands.write(page.locator("[name=value]"), response)
        return kinds.get_kind(question.kind)
    match question.kind:
        case "match":
            for prompt, option in zip(question.prompts, response, strict=True):
                select = page.get_by_label(_words(plain(prompt)), exact=True)
                hands.pick(select, _value(select, _words(plain(question.options[option or 0]))))
        case "order":
            for step, rank in zip(question.options, response, strict=True):
                hands.pick(page.get_by_label(f"Place of: {_words(plain(step))}", exact=True), str(rank))
        case "case":
            for index in response:
                wanted = _words(plain(question.options[index or 0]))
                hands.choose(next(box for text, box in _options(page) if text == wanted))
                decide(hands)
        case _:
            chosen = {_words(plain(question.options[index or 0])) for index in response}
            for text, box in _options(page):
                if text in chosen:
                    hands.choose(box)
    return kinds.get_kind(question.kind)


def decide(hands: Hands) -> None:
    """Take the step of a case, and wait until the page shows what followed."""
    page = hands.page
    step = page.locator(".record__step").count()
    hands.press(page.get_by_role("button", name="Decide", exact=True))
    page.locator(".record__step").nth(step).or_(page.locator("#verdict")).first.wait_for()


def right_places(page: Page) -> list[str]:
    """What the inputs of the right options send, where the question is answered by choosing."""
    question = _question(page)
    right = {_words(plain(question.options[index])) for index in question.key.correct}
    return [option.get_attribute("value") or "" for text, option in _options(page) if text in right]


def _right(question: Question) -> Response:
    return question_kinds.right(_shown(question), question.key)


def _wrong(question: Question) -> Response:
    return question_kinds.wrong(_shown(question), question.key)


def _shown(question: Question) -> QuestionText:
    kind = kinds.get_kind(question.kind)
    return QuestionText(0, 0, 0, 1, kind, question.critical, None, question.stem, question.options, question.prompts)


def _options(page: Page) -> list[tuple[str, Locator]]:
    return [
        (_words(label.locator("span").last.inner_text()), label.locator("input"))
        for label in page.locator(".answer-option").all()
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
