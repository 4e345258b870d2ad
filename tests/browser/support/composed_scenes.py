"""The pages of composed tests: composing, and taking one that goes forward only. See :mod:`tests.browser.support.stage_composed`."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.support.page_acts import send_empty
from tests.browser.support.scene import Scene


def save_no_section(page: Page) -> None:
    """Send a section without a title, with an impossible number of questions."""
    page.get_by_role("spinbutton", name="Questions").first.fill("101")
    page.get_by_role("button", name="Save the section").click()


COMPOSED = (
    Scene("tests", "trainer", "/teach/tests"),
    Scene("tests-none", "idle", "/teach/tests"),
    Scene("tests-archived", "idle", "/teach/tests?archived=1"),
    Scene("composed-new", "trainer", "/teach/tests/new"),
    Scene("composed-new-errors", "trainer", "/teach/tests/new", send_empty, 422),
    Scene("composed", "trainer", "/teach/tests/{composed}"),
    Scene("composed-long", "trainer", "/teach/tests/{composed-long}"),
    Scene("composed-empty", "trainer", "/teach/tests/{composed-empty}"),
    Scene("composed-settings", "trainer", "/teach/tests/{composed}/settings"),
    Scene("composed-section", "trainer", "/teach/tests/{composed}/sections/2"),
    Scene("composed-section-new", "trainer", "/teach/tests/{composed}/sections/new"),
    Scene("composed-section-errors", "trainer", "/teach/tests/{composed}/sections/new", save_no_section, 422),
    Scene("composed-questions", "trainer", "/teach/tests/{composed}/sections/1/questions"),
    Scene("composed-questions-none", "trainer", "/teach/tests/{composed}/sections/1/questions?q=nothing+at+all"),
    Scene("composed-sample", "trainer", "/teach/tests/{composed}/sample?seed=7"),
    Scene("composed-assign", "trainer", "/teach/cohorts/{composed-cohort}/assignments/new?test={composed}"),
    Scene("composed-assigned", "trainer", "/teach/assignments/{composed-work}/settings"),
    Scene("composed-preview", "trainer", "/teach/assignments/{composed-work}/preview"),
    Scene("composed-start", "sitting", "/assignments/{composed-work}"),
    Scene("composed-question", "sitting", "/attempts/{sitting}/3"),
    Scene("composed-passed-question", "sitting", "/attempts/{sitting}/1", status=409),
    Scene("composed-summary", "sitting", "/attempts/{sitting}/summary"),
    Scene("composed-result", "examined", "/attempts/{examined}/result"),
)
