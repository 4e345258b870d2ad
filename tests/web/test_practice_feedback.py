"""The page of an answered practice question: the answer and the correct one first, then why, then each option."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from tests.support.attempt_client import AttemptClient, StoredQuestion, start
from tests.support.factory import Factory


def _map_entries(page: str) -> list[str]:
    found = re.findall(r'<(a|button)\s[^>]*class="question-map__link.*?</\1>', page, re.DOTALL)
    assert found
    entries = re.finditer(r'<(a|button)\s[^>]*class="question-map__link.*?</\1>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", entry.group()).split()) for entry in entries]


def _answer_each(play: AttemptClient, *, is_right: bool) -> list[StoredQuestion]:
    questions = play.questions()
    for one in questions:
        play.answer(one.n, *(one.right if is_right else (one.wrong,)))
    return questions


def test_the_verdict_holds_the_answer_and_why_stands_before_the_options(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "practice", "safety")
    shown = [one for one in _answer_each(play, is_right=False) if one.is_choice]
    for one in shown:
        page = play.page(one.n).text

        verdict, why = page.index('class="verdict__answer"'), page.index('class="explanation"')
        assert verdict < page.index("Your answer") < why < page.index('class="reasons"')
        assert page.count('class="comparison"') == 1


def test_sources_are_folded(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "practice", "safety")
    _answer_each(play, is_right=True)

    page = play.page(1).text

    assert re.search(r"<details class=\"fold\">\s*<summary>\s*<b>\d+ sources?</b>", page)


def test_the_map_of_a_practice_shows_what_was_right(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "practice", "safety")
    first, second = play.questions()[:2]
    play.answer(1, *first.right)
    play.answer(2, second.wrong)

    entries = _map_entries(play.page(3).text)

    assert entries[0].endswith(", correct")
    assert re.search(", (in|partly )correct$", entries[1])
    assert entries[2].endswith(", not answered")


def test_the_map_of_a_test_shows_nothing_of_it(make: Factory, session: Session) -> None:
    play = start(make.person().client, session, "test", "safety")
    _answer_each(play, is_right=True)

    assert not any("correct" in entry for entry in _map_entries(play.page(1).text))
