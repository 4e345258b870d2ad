"""The pages of written answers: writing one, reading its mark, and marking. See :mod:`tests.browser.support.stage_marking`."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.support.scene import Scene


def write_too_much(page: Page) -> None:
    """Write more words than allowed, and wait until the page says so."""
    page.locator("textarea").fill("word " * 160)
    page.locator(".is-over").wait_for()


def send_no_points(page: Page) -> None:
    page.get_by_role("button", name="Save and go to the next").click()


def open_keys(page: Page) -> None:
    page.get_by_role("button", name="Shortcuts").click()


_ANSWER = "/teach/assignments/{marking}/marking/{written}"

MARKING = (
    Scene("writing", "writer", "/attempts/{writing}/1"),
    Scene("writing-too-much", "writer", "/attempts/{writing}/1", write_too_much),
    Scene("writing-being-marked", "writer", "/attempts/{to-mark}/result?open=1"),
    Scene("writing-marked", "graded", "/attempts/{marked-answer}/result?open=1"),
    Scene("writing-home", "writer", "/"),
    Scene("marking-cohort", "trainer", "/teach/cohorts/{marking-cohort}"),
    Scene("marking-gradebook", "trainer", "/teach/cohorts/{marking-cohort}/gradebook"),
    Scene("marking", "trainer", "/teach/assignments/{marking}/marking"),
    Scene("marking-none", "trainer", "/teach/assignments/{waits}/marking"),
    Scene("marking-question", "trainer", _ANSWER),
    Scene("marking-answer", "trainer", _ANSWER + "/{to-mark}"),
    Scene("marking-answer-errors", "trainer", _ANSWER + "/{to-mark}", send_no_points, 422),
    Scene("marking-answer-keys", "trainer", _ANSWER + "/{to-mark}", open_keys),
    Scene("marking-differing", "trainer", _ANSWER + "/{differing}"),
    Scene("marking-waiting", "trainer", _ANSWER + "/{half-marked}"),
    Scene("marking-done", "trainer", "/teach/assignments/{marked-test}/marking/{written}/{marked-answer}"),
    Scene("marking-attempt", "trainer", "/teach/attempts/{to-mark}"),
)
