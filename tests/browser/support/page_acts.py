"""What is done on a page before a scene is looked at: each can be repeated."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route

from tests.browser.support.stage_learners import Stage


def send_empty(page: Page) -> None:
    """Send the page's form as it is: every fault is said at once. Notices above it have forms of their own."""
    page.locator("main > form, main > :not(.notice) form").first.locator("[type=submit]").first.click()


def send_no_badge(page: Page) -> None:
    """Unfold the form for a badge, and send it with a text that is none."""
    page.locator("main details summary").last.click()
    page.get_by_label("Or its text").fill("This is no badge.")
    page.get_by_role("button", name="Verify the badge").click()


def send_last(page: Page) -> None:
    """Send the last form of the page as it is."""
    page.locator("main form").last.locator("[type=submit]").first.click()


def set_impossible_mark(page: Page) -> None:
    page.get_by_label("Points").fill("7")
    send_empty(page)


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("E-mail").fill("amara.okafor@example.org")
    page.get_by_label("Password", exact=True).fill("not the password")
    send_empty(page)


def sign_in_too_often(page: Page) -> None:
    """Guess until the page asks to wait. The account does not exist, so no other scene meets its limit."""
    refusal = page.get_by_text("Too many wrong passwords")
    for _ in range(25):
        page.get_by_label("E-mail").fill("guessed@example.org")
        page.get_by_label("Password", exact=True).fill("not the password")
        send_empty(page)
        if refusal.count():
            return
    raise AssertionError("nothing limits guessing")


def ask_for_reset(page: Page) -> None:
    page.get_by_label("E-mail").fill("amara.okafor@example.org")
    send_empty(page)


def enter_unknown_code(page: Page) -> None:
    page.get_by_label("Code").fill("00000-00000")
    send_empty(page)


def set_impossible_terms(page: Page) -> None:
    unfold(page)
    page.locator("#due_date").fill("2027-03-28")
    page.locator("#due_time").fill("02:30")
    page.locator("#attempts_allowed").fill("0")
    page.locator("#release_key").select_option("last_attempt")
    send_empty(page)


def check_unfinished(page: Page) -> None:
    page.locator("select").first.select_option(index=2)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("Choose something for each line first").wait_for()


def grant_nothing(page: Page) -> None:
    page.locator("#extra_time_percent").fill("999")
    page.locator("#due_date").fill("2026-01-01")
    page.get_by_role("button", name="Save", exact=True).click()


def grant_less(page: Page) -> None:
    page.locator("#due_date").fill("2026-01-01")
    page.get_by_role("button", name="Save").click()


def save_unseen(page: Page) -> None:
    """Save what another trainer changed meanwhile: as if this page had been loaded before."""
    unfold(page)
    page.locator("#attempts_allowed").fill("4")
    page.locator("#revision").evaluate("field => { field.value = '0' }")
    page.get_by_role("button", name="Save").click()


def start_the_closed(page: Page) -> None:
    """Press Start on a page that was loaded before it could no longer be."""
    page.evaluate(
        """(path) => {
          const form = document.querySelector('form[action="/appearance"]');
          form.action = path;
          form.removeAttribute("class");
          form.requestSubmit();
        }""",
        page.url + "/attempts",
    )
    page.get_by_role("heading", level=1).wait_for()


def invite(page: Page) -> None:
    page.get_by_role("button", name="Invite 2").click()


def renew_links(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^New links")).click()


def send_no_title(page: Page) -> None:
    page.get_by_label("Title", exact=True).fill("")
    page.get_by_role("button", name="Save").click()


def invite_trainer(page: Page) -> None:
    page.get_by_label("E-mail of the trainer").fill("noor.de.jong@example.org")
    page.get_by_role("button", name="Invite a trainer").click()


def make_reset_link(page: Page) -> None:
    page.get_by_role("button", name="Create a reset link").click()


def create_password_link(page: Page) -> None:
    page.get_by_role("button", name="Create a password link").click()
    page.locator("#link").wait_for()


def make_invitation(page: Page) -> None:
    page.get_by_role("button", name="Create a link").click()


def demote_the_last_admin(page: Page) -> None:
    page.locator("#role").select_option("learner")
    page.locator("form:has(#role) [type=submit]").click()


def open_menu(page: Page) -> None:
    page.locator(".account-menu summary").click()


def open_note(page: Page) -> None:
    page.locator(".cite").first.click()


def select_words(page: Page) -> None:
    """Select a sentence of the lesson's text, as a reader does with the mouse, the keyboard or a finger."""
    page.evaluate(
        """() => {
            const text = document.querySelector(".reading-layout__text > p").firstChild;
            const words = "Somewhere along it the person flinches.";
            const start = text.data.indexOf(words);
            getSelection().setBaseAndExtent(text, start, text, start + words.length);
        }"""
    )
    page.locator(".note-tool").wait_for()


def write_on_words(page: Page) -> None:
    select_words(page)
    page.get_by_role("button", name="Write a note").click()


def skip_check(page: Page) -> None:
    page.locator(".check").get_by_role("button", name="Check").first.click()
    page.get_by_text("Choose an answer first").wait_for()


def take_first_step(page: Page) -> None:
    """Make the first decision of a case, unless it was made before."""
    if page.locator(".record__choice").count():
        return
    page.locator(".answer-option input").first.check()
    page.get_by_role("button", name="Decide", exact=True).click()
    page.locator(".record__choice").first.wait_for()


def decide_nothing(page: Page) -> None:
    page.get_by_role("button", name="Decide", exact=True).click()
    page.get_by_text("Choose an answer first").wait_for()


def unfold(page: Page) -> None:
    page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true })")


def pretend_stale(page: Page) -> None:
    """Save with a revision that was never there: the server says that another tab was faster."""
    page.locator("[name=revision]").evaluate("field => { field.value = 77 }")
    page.locator("[name=option]:not(:checked)").first.check()
    page.get_by_text("Another tab or device").wait_for()


def answer_what_was_handed_in(page: Page) -> None:
    """Send an answer to an attempt that is over, as a page left open would."""
    page.evaluate(
        """() => {
          const form = document.querySelector('form[action="/appearance"]');
          form.action = location.pathname.replace("result", "1");
          form.removeAttribute("class");
          form.requestSubmit();
        }"""
    )
    page.get_by_role("heading", name="This attempt is closed").wait_for()


def send_without_token(page: Page) -> None:
    page.locator("main form [name=csrf_token]").evaluate_all("fields => fields.forEach((field) => field.remove())")
    page.locator("main form").first.evaluate("form => { form.noValidate = true }")
    send_empty(page)


def let_time_run_out(page: Page, stage: Stage) -> None:
    """Its time was up eight seconds ago: too late for answers, too early for marks. The page shall not look again by itself."""
    with sqlite3.connect(stage.database) as database:
        ended = datetime.now(UTC) - timedelta(seconds=8)
        its = stage.ids["closing"]
        database.execute("DELETE FROM mark WHERE attempt_id = ?", (its,))
        database.execute("DELETE FROM scope_result WHERE latest_attempt_id = ?", (its,))
        change = "UPDATE attempt SET state = 'open', submitted_at = NULL, points = NULL, deadline_at = ? WHERE id = ?"
        database.execute(change, (ended.strftime("%Y-%m-%d %H:%M:%S.%f"), its))
    database.close()

    def hold_still(route: Route) -> None:
        reply = route.fetch()
        headers = {name: value for name, value in reply.headers.items() if name != "refresh"}
        route.fulfill(response=reply, headers=headers)

    page.route("**/result", hold_still)


def pretend_edited(page: Page, stage: Stage) -> None:
    """What is published is another course than the files while the page is made: questions and lessons would change."""

    def edit_meanwhile(route: Route) -> None:
        with _edited(stage):
            reply = route.fetch()
        route.fulfill(response=reply)

    page.route("**/admin/content/check", edit_meanwhile)


@contextmanager
def _edited(stage: Stage) -> Iterator[None]:
    """Change what is published, and put it back: other tests take the same questions."""
    tables = {"lesson": "id < 3", "question_version": "superseded_at IS NULL AND id % 37 = 0", "publication": "true"}
    columns = {"lesson": ["digest", "hook", "body"], "question_version": ["digest", "stem"], "publication": ["files"]}
    with closing(sqlite3.connect(stage.database)) as database:
        kept = {
            table: database.execute(f"SELECT {', '.join(columns[table])}, id FROM {table} WHERE {which}").fetchall()
            for table, which in tables.items()
        }
        database.execute(
            "UPDATE lesson SET digest = 'other', hook = 'An older hook.',"
            f" body = replace(replace(body, 'cannot', 'can not'), ' the hand', ' a hand') WHERE {tables['lesson']}"
        )
        database.execute(
            "UPDATE question_version SET digest = 'other', stem = 'In your opinion: ' || replace(stem, 'What', 'Which')"
            f" WHERE {tables['question_version']}"
        )
        database.execute("UPDATE publication SET files = NULL")
        database.commit()
        try:
            yield
        finally:
            for table, rows in kept.items():
                values = ", ".join(f"{name} = ?" for name in columns[table])
                database.executemany(f"UPDATE {table} SET {values} WHERE id = ?", rows)
            database.commit()
