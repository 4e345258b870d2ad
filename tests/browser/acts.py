"""What is done on a page before a scene is looked at: each can be repeated."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route

from tests.browser.stage import Stage


def send_empty(page: Page) -> None:
    """Send the page's form as it is: every fault is said at once."""
    page.locator("main form").first.locator("[type=submit]").first.click()


def send_last(page: Page) -> None:
    """Send the last form of the page as it is."""
    page.locator("main form").last.locator("[type=submit]").first.click()


def set_impossible_mark(page: Page) -> None:
    page.get_by_label("Points").fill("7")
    send_empty(page)


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("E-mail").fill("amara.okafor@example.org")
    page.get_by_label("Password").fill("not the password")
    send_empty(page)


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
    page.get_by_role("button", name="Grant it").click()


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
    page.get_by_role("button", name="New links for all").click()


def send_no_title(page: Page) -> None:
    page.get_by_label("Title", exact=True).fill("")
    page.get_by_role("button", name="Save").click()


def invite_trainer(page: Page) -> None:
    page.get_by_label("Their e-mail").fill("noor.de.jong@example.org")
    page.get_by_role("button", name="Invite a trainer").click()


def make_reset_link(page: Page) -> None:
    page.get_by_role("button", name="Make a reset link").click()


def make_invitation(page: Page) -> None:
    page.get_by_role("button", name="Make a link").click()


def demote_the_last_admin(page: Page) -> None:
    page.locator("#role").select_option("learner")
    page.locator("form:has(#role) [type=submit]").click()


def open_menu(page: Page) -> None:
    page.locator(".me summary").click()


def open_note(page: Page) -> None:
    page.locator(".cite").first.click()


def skip_check(page: Page) -> None:
    page.get_by_role("button", name="Check my answer").first.click()
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
        database.execute("DELETE FROM standing WHERE latest_attempt_id = ?", (its,))
        change = "UPDATE attempt SET state = 'open', submitted_at = NULL, points = NULL, deadline_at = ? WHERE id = ?"
        database.execute(change, (ended.strftime("%Y-%m-%d %H:%M:%S.%f"), its))
    database.close()

    def hold_still(route: Route) -> None:
        reply = route.fetch()
        headers = {name: value for name, value in reply.headers.items() if name != "refresh"}
        route.fulfill(response=reply, headers=headers)

    page.route("**/result", hold_still)


def pretend_edited(page: Page, stage: Stage) -> None:
    """What is published is another course than the files: some questions and a lesson would change."""
    with sqlite3.connect(stage.database) as database:
        database.execute("UPDATE lesson SET digest = 'other' WHERE id = 1")
        database.execute("UPDATE question_version SET digest = 'other' WHERE superseded_at IS NULL AND id % 7 = 0")
        database.execute("UPDATE publication SET files = NULL")
    database.close()
