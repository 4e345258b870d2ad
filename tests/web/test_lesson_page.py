"""The page of a lesson: its sources in whole sentences, what to do next within reach, and links to its sections."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from app.web.templating import sentences

LESSON = "/modules/safety/lessons/red-flags"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("Myofascial Pain, 2nd ed.", None, "Textbook"), "Myofascial Pain, 2nd ed. Textbook."),
        (("A Real Phenomenon?", "J Pain 2019", ""), "A Real Phenomenon? J Pain 2019."),
        (("What is “pain?”", "Essay"), "What is “pain?” Essay."),
        (("Stop!", "Wait…", "  "), "Stop! Wait…"),
        (("Guideline (2nd ed.)",), "Guideline (2nd ed.)."),
        (("In: Pain, p. 3", "Chapter."), "In: Pain, p. 3. Chapter."),
        ((), ""),
    ],
)
def test_each_sentence_ends_once(parts: tuple[str | None, ...], text: str) -> None:
    assert sentences(parts) == text


@pytest.mark.parametrize("path", [LESSON, "/modules/trigger-points"])
def test_no_page_has_a_doubled_full_stop(client: FlaskClient, path: str) -> None:
    page = re.sub(r"<[^>]+>", "", client.get(path).text)

    assert not re.search(r"[?!.]\.(?!\.)(?=\s|$)", page)


def test_what_comes_next_is_in_a_bar(client: FlaskClient) -> None:
    page = client.get(LESSON).text
    bar = page.partition('class="lesson-bar"')[2]

    assert 'action="/modules/safety/lessons/red-flags/done"' in bar
    assert page.count("/red-flags/done") == 1


def test_the_sources_can_be_folded_and_say_what_the_bars_mean(client: FlaskClient) -> None:
    sources = client.get(LESSON).text.partition('id="sources"')[2]

    assert '<details class="lesson-sources">' in sources
    assert "how strong the evidence is" in sources
    assert re.search(r"Evidence [1-4] of 4:", sources)
