"""The pages of the studio, and who sees them. Their libraries are on the stage (:mod:`tests.browser.support.stage`)."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page

from tests.browser.support.page_acts import send_empty
from tests.browser.support.scene import Scene


def send_invitation(page: Page) -> None:
    """Invite nobody."""
    page.get_by_role("button", name="Invite").click()


def upload_nothing(page: Page) -> None:
    page.get_by_role("button", name="Upload").click()


def add_nothing(page: Page) -> None:
    page.get_by_role("button", name="Add the document").click()


def add_no_module(page: Page) -> None:
    page.get_by_role("button", name="Add the module").click()


def pretend_unseen(page: Page) -> None:
    """Save with a revision that is not the current one, as if somebody else had been faster."""
    page.locator("[name=seen]").first.evaluate("field => { field.value = 1 }")
    page.get_by_role("button", name="Save").click()


GIFT = """$CATEGORY: Shoulder

::SH-1:: Which muscle lifts the arm to the side? { =Deltoid #Yes. ~Soleus #A muscle of the calf. ~%-33%Masseter }

::SH-2:: Name a muscle of the calf. { =Soleus =Gastrocnemius }

::SH-3:: The next questions are about the four muscles of the rotator cuff.
"""


def import_bank(page: Page) -> None:
    """Upload a file for the preview, unless it has been uploaded for an earlier picture."""
    if page.get_by_role("button", name="Choose another file").is_visible():
        return
    file = FilePayload(name="shoulder-questions.gift", mimeType="text/plain", buffer=GIFT.encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Show what would be imported").click()
    page.get_by_role("button", name="Choose another file").wait_for()


def import_nothing(page: Page) -> None:
    page.get_by_role("button", name="Show what would be imported").click()


def clear_question(page: Page) -> None:
    """Check a question without a text, whose first option has no reason."""
    page.get_by_label("Question", exact=True).fill("")
    page.get_by_label("Reason").first.fill("")
    page.get_by_role("button", name="Check and preview").click()


def spoil_lesson(page: Page) -> None:
    """Check a lesson that cites a source and shows a figure that do not exist."""
    page.locator("#f-text").fill("## A section {#a}\nA text. [@NOBODY]\n\n::: figure nothing\nA caption.\n:::\n")
    page.get_by_role("button", name="Check and preview").click()


def add_no_lesson(page: Page) -> None:
    page.get_by_role("button", name="Add the lesson").click()


def add_figure(page: Page) -> None:
    """Add a drawing, unless it has been added for an earlier picture."""
    if page.get_by_role("link", name="line", exact=True).is_visible():
        return
    drawing = '<svg viewBox="0 0 400 200"><title>A taut band</title><path class="f-band" d="M20 100 380 100"/></svg>'
    page.get_by_role("link", name="Add a figure").first.click()
    file = FilePayload(name="line.svg", mimeType="image/svg+xml", buffer=drawing.encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Add the figure").click()
    page.get_by_role("link", name="line", exact=True).wait_for()


def add_no_figure(page: Page) -> None:
    page.get_by_role("button", name="Add the figure").click()


def supersede_source(page: Page) -> None:
    """Say that the first source is superseded."""
    page.get_by_role("link", name="An example").click()
    page.get_by_label("Status").select_option("superseded")
    page.get_by_label("What happened").fill("A newer one appeared.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="To read again").wait_for()


def clear_source(page: Page) -> None:
    """Check a source without a title and an address."""
    page.get_by_label("Title").fill("")
    page.get_by_label("Reason for having no address").fill("")
    page.get_by_role("button", name="Check").click()


FOLDER = "folder=1-first-module"
LESSON = "path=1-first-module/lessons/01-first-lesson.md"
BANK = "path=1-first-module/questions/first-objective.yaml"

STUDIO = (
    Scene("studio", "trainer", "/studio"),
    Scene("studio-none", "idle", "/studio"),
    Scene("studio-errors", "trainer", "/studio", send_empty, 422),
    Scene("studio-library", "trainer", "/studio/shoulder-course"),
    Scene("studio-library-sound", "trainer", "/studio/year-two"),
    Scene("studio-new", "trainer", "/studio/year-two/new"),
    Scene("studio-new-errors", "trainer", "/studio/year-two/new", add_nothing, 422),
    Scene("studio-module-new", "trainer", "/studio/year-two/modules/new"),
    Scene("studio-module-new-errors", "trainer", "/studio/year-two/modules/new", add_no_module, 422),
    Scene("studio-publication", "trainer", "/studio/year-two/publication"),
    Scene("studio-publication-reader", "idle", "/studio/year-two/publication"),
    Scene("studio-publication-preview", "trainer", "/studio/year-two/publication/preview"),
    Scene("studio-publication-faults", "trainer", "/studio/shoulder-course/publication/preview"),
    Scene("studio-published", "admin", "/studio/taping/publication"),
    Scene("studio-published-preview", "admin", "/studio/taping/publication/preview"),
    Scene("studio-unpublish", "admin", "/studio/taping/publication/end"),
    Scene("library-module", "admin", "/modules/taping.first-module"),
    Scene("library-lesson", "admin", "/modules/taping.first-module/lessons/taping.first-lesson"),
    Scene("library-assign", "admin", "/teach/cohorts/{empty}/assignments/new?library={library}"),
    Scene("studio-lesson", "trainer", "/studio/year-two/text?path=1-first-module/lessons/01-first-lesson.md"),
    Scene("studio-questions", "trainer", "/studio/year-two/text?path=1-first-module/questions/first-objective.yaml"),
    Scene("studio-question-list", "trainer", f"/studio/year-two/questions?{BANK}"),
    Scene("studio-question", "trainer", f"/studio/year-two/question?{BANK}&n=1"),
    Scene("studio-question-faults", "trainer", f"/studio/year-two/question?{BANK}&n=1", clear_question),
    Scene("studio-question-new", "trainer", f"/studio/year-two/question/new?{BANK}&kind=several"),
    Scene("studio-question-region", "trainer", f"/studio/year-two/question/new?{BANK}&kind=region"),
    Scene("studio-question-case", "trainer", f"/studio/year-two/question/new?{BANK}&kind=case"),
    Scene("studio-question-reader", "idle", f"/studio/year-two/question?{BANK}&n=1"),
    Scene("studio-module", "trainer", "/studio/year-two/module?path=1-first-module/module.yaml"),
    Scene("studio-lesson-form", "trainer", f"/studio/year-two/lesson?{LESSON}"),
    Scene("studio-lesson-faults", "trainer", f"/studio/year-two/lesson?{LESSON}", spoil_lesson),
    Scene("studio-lesson-reader", "idle", f"/studio/year-two/lesson?{LESSON}"),
    Scene("studio-lesson-new", "trainer", "/studio/year-two/lesson/new?folder=1-first-module"),
    Scene(
        "studio-lesson-new-errors", "trainer", "/studio/year-two/lesson/new?folder=1-first-module", add_no_lesson, 422
    ),
    Scene("studio-figures", "trainer", f"/studio/shoulder-course/figures?{FOLDER}", add_figure),
    Scene("studio-figures-none", "trainer", f"/studio/year-two/figures?{FOLDER}"),
    Scene("studio-figure-new", "trainer", f"/studio/year-two/figures/new?{FOLDER}"),
    Scene("studio-figure-new-errors", "trainer", f"/studio/year-two/figures/new?{FOLDER}", add_no_figure, 422),
    Scene("studio-sources", "trainer", "/studio/year-two/sources"),
    Scene("studio-sources-none", "trainer", "/studio/shoulder-course/sources"),
    Scene("studio-sources-outdated", "trainer", "/studio/year-two/sources", supersede_source),
    Scene("studio-source", "trainer", "/studio/year-two/source?n=1"),
    Scene("studio-source-new", "trainer", "/studio/year-two/source/new"),
    Scene("studio-source-faults", "trainer", "/studio/year-two/source?n=1", clear_source),
    Scene("studio-source-reader", "idle", "/studio/year-two/source?n=1"),
    Scene("studio-findings", "trainer", "/studio/shoulder-course/text?path=course.yaml"),
    Scene("studio-conflict", "trainer", "/studio/shoulder-course/text?path=course.yaml", pretend_unseen, 409),
    Scene("studio-history", "trainer", "/studio/shoulder-course/history?path=course.yaml"),
    Scene("studio-upload", "trainer", "/studio/year-two/upload"),
    Scene("studio-upload-errors", "trainer", "/studio/year-two/upload", upload_nothing, 422),
    Scene("studio-import-errors", "trainer", "/studio/year-two/import", import_nothing, 422),
    Scene("studio-import", "trainer", "/studio/shoulder-course/import", import_bank),
    Scene("studio-export", "trainer", "/studio/year-two/export"),
    Scene("studio-export-format", "trainer", "/studio/year-two/export?format=aiken"),
    Scene("studio-people", "trainer", "/studio/year-two/people"),
    Scene("studio-delete", "trainer", "/studio/shoulder-course/delete"),
    Scene("studio-delete-errors", "trainer", "/studio/shoulder-course/delete", send_empty, 422),
    Scene("studio-delete-published", "admin", "/studio/taping/delete"),
    Scene("studio-reader", "idle", "/studio/year-two"),
    Scene("studio-people-errors", "trainer", "/studio/year-two/people", send_invitation, 422),
)
