"""A trainer's whole walk: from an empty list of cohorts to a corrected question and the marks as a file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Hands, Keyboard, Mouse, WithoutScripts
from tests.browser.support.wcag import violations_on_screen


@pytest.fixture
def hands(request: pytest.FixtureRequest, door: Door) -> tuple[Hands, Hands]:
    """The trainer's, signed in, and the learner's."""
    kind: type[Keyboard | Mouse] = request.param
    trainer, learner = (kind(door.enter(java_script_enabled=kind is not WithoutScripts)) for _ in range(2))
    journeys.sign_in(trainer, *door.site.password("trainer"))
    return trainer, learner


@pytest.mark.parametrize("hands", [Mouse, Keyboard, WithoutScripts], indirect=True)
def test_from_a_new_cohort_to_a_corrected_question(hands: tuple[Hands, Hands], tmp_path: Path) -> None:
    """Fails when a step of it can't be found, reached or operated, or the corrected mark does not arrive everywhere."""
    trainer, learner = hands
    code = _make_a_cohort(trainer, "Saturday class")
    cohort = trainer.page.url.removesuffix("/people")
    _join(learner, code, "Ọlá Benson")
    _assign(trainer, cohort)

    _take(learner, wrong=1)
    before = _score(learner.page)
    _see_in_gradebook(trainer, cohort, before)
    _void_the_wrong_one(trainer)

    learner.page.reload()
    expect(learner.page.locator(".score__big")).to_contain_text("100")
    expect(learner.page.get_by_role("heading", level=1)).to_have_text("Passed")
    expect(learner.page.get_by_role("main")).to_contain_text("Two answers can be defended.")
    _see_in_gradebook(trainer, cohort, 100, go_on=False)
    assert _in_the_file(trainer, tmp_path) == ("passed", "100")
    assert before < 100


def _clean(hands: Hands) -> None:
    if not isinstance(hands, WithoutScripts):
        hands.page.wait_for_timeout(300)  # a key press returns before the navigation that it causes begins
        hands.page.wait_for_load_state()
        assert violations_on_screen(hands.page) == []


def _make_a_cohort(hands: Hands, title: str) -> str:
    """Return the code; the page is then that of the people."""
    page = hands.page
    page.goto("/teach")
    hands.write(page.get_by_label("Title"), title)
    hands.press(page.get_by_role("button", name="Create cohort"))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    hands.press(page.get_by_role("navigation", name="This cohort").get_by_role("link", name="People"))
    expect(page.locator(".code").first).to_be_visible()
    _clean(hands)
    return page.locator(".code").first.inner_text()


def _join(hands: Hands, code: str, name: str) -> None:
    page = hands.page
    page.goto("/register")
    journeys.register(hands, name)
    page.goto("/join")
    hands.write(page.get_by_label("Code"), code.lower().replace("-", " "))
    hands.press(page.get_by_role("button", name="Continue"))
    hands.press(page.get_by_role("button", name="Join this cohort"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def _assign(hands: Hands, cohort: str) -> None:
    page = hands.page
    page.goto(cohort)
    hands.press(page.get_by_role("link", name="Assign a module").first)
    hands.pick(page.get_by_label("Module"), _option(page, "Evidence"))
    _clean(hands)
    hands.press(page.get_by_role("button", name="Assign", exact=True))
    expect(page.get_by_text("assigned. Learners see it")).to_be_visible()


def _option(page: Page, words: str) -> str:
    value = page.get_by_label("Module").locator("option").filter(has_text=words).get_attribute("value")
    assert value
    return value


def _take(hands: Hands, wrong: int) -> None:
    page = hands.page
    page.goto("/")
    hands.press(page.locator(".due-list li").first.get_by_role("link", name="Open the test"))
    journeys.press_start(hands)
    journeys.take_test(hands, wrong=wrong)
    expect(page.locator(".score__big")).to_be_visible()


def _score(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".score__big").inner_text().split("%")[0]))


def _see_in_gradebook(hands: Hands, cohort: str, percent: int, *, go_on: bool = True) -> None:
    """Find the score in the table and, to go on, open the attempt that it comes from."""
    page = hands.page
    page.goto(cohort)
    hands.press(page.get_by_role("navigation", name="This cohort").get_by_role("link", name="Gradebook"))
    expect(page.get_by_role("row", name="Ọlá Benson")).to_contain_text(str(percent))
    _clean(hands)
    if go_on:
        hands.press(page.get_by_role("link", name="Ọlá Benson"))
        _clean(hands)
        hands.press(page.get_by_role("link", name="Attempt 1").first)
        expect(page.get_by_role("heading", name="Question by question")).to_be_visible()
        _clean(hands)


def _void_the_wrong_one(hands: Hands) -> None:
    page = hands.page
    hands.press(page.locator("#answer-1").get_by_role("link", name="Correct this question"))
    hands.choose(page.locator("input[name=remedy][value=void]"))
    _clean(hands)
    hands.press(page.get_by_role("button", name="Preview the changes"))
    expect(page.get_by_role("row", name="Ọlá Benson")).to_contain_text("100")
    _clean(hands)
    hands.write(page.get_by_label("Reason"), "Two answers can be defended.")
    hands.press(page.get_by_role("button", name="Correct the question"))
    expect(page.get_by_text("Left out of the score", exact=True)).to_be_visible()


def _in_the_file(hands: Hands, folder: Path) -> tuple[str, str]:
    """The state and the score of the one learner in the file of the gradebook."""
    hands.press(hands.page.locator("summary").filter(has_text="Export"))
    with hands.page.expect_download() as coming:
        hands.press(hands.page.get_by_role("link", name="CSV, separated by commas"))
    path = folder / "gradebook.csv"
    coming.value.save_as(path)
    head, row = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
    assert row[0] == "Ọlá Benson"
    found = dict(zip(head, row, strict=True))
    return found["Evidence: state"], found["Evidence: per cent"]
