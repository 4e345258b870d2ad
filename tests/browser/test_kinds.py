"""Every kind of question, answered by mouse, by touch, by keyboard alone and without JavaScript; and how a screen reader speaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from app import create_app, settings
from app.db import db
from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.identity import token_hash
from app.services.people import guests, sign_ins
from tests import papers
from tests.browser import serving
from tests.browser.conftest import Door, Site
from tests.browser.hands import Hands, Keyboard, Mouse, Touch
from tests.browser.knowledge import answer, right_places

WAYS = ("mouse", "touch", "keyboard", "without JavaScript")
SAVED = re.compile(r"^Saved \d\d:\d\d$")


@contextmanager
def _database(site: Site) -> Iterator[tuple[Any, Any]]:
    port = int(site.url.rpartition(":")[2])
    app = create_app(settings.load(serving.environment(site.server.folder, port)))
    with app.app_context():
        yield app, db.session
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _begin(door: Door, purpose: Purpose, way: str = "mouse") -> Hands:
    """A new guest at the first of seven questions, one of each kind."""
    options = {"has_touch": way == "touch", "java_script_enabled": way != "without JavaScript"}
    context = door.context(**options)
    with _database(door.site) as (app, session):
        now = datetime.now(UTC)
        guest = guests.create(session, now)
        attempt = papers.of_every_kind(session, guest, purpose, now)
        token = f"kinds-{attempt.id}"
        sign_ins.start(session, token_hash(token), guest, None, now)
        cookie = str(app.session_interface.get_signing_serializer(app).dumps({"sign_in": token}))
        path = f"/attempts/{attempt.id}/1"
    context.add_cookies([{"name": "palpate", "value": cookie, "url": door.site.url}])
    page = context.new_page()
    page.goto(path)
    return {"touch": Touch, "keyboard": Keyboard}.get(way, Mouse)(page)


def _answer(hands: Hands, way: str, *, is_right: bool = True) -> None:
    """Answer as people do this way: whoever points, points at the picture."""
    picture = hands.page.locator("[data-picks]")
    if way in ("mouse", "touch") and picture.count() and is_right:
        region = picture.locator(f'[data-place="{right_places(hands.page)[0]}"]').first
        region.tap() if way == "touch" else region.click()
        expect(hands.page.locator("[name=option]:checked")).to_have_count(1)
    else:
        answer(hands, is_right=is_right)


@pytest.mark.parametrize("way", WAYS)
def test_each_kind_is_practised(door: Door, way: str) -> None:
    """Fails when a kind can't be operated this way, or its answer does not arrive as it was given."""
    hands = _begin(door, Purpose.PRACTICE, way)
    page = hands.page
    for n in range(1, len(Kind) + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {len(Kind)}")).to_be_visible()
        _answer(hands, way)
        hands.press(page.get_by_role("button", name="Check", exact=True))
        expect(page.locator("#verdict").get_by_role("heading")).to_have_text("Right")
        hands.press(page.get_by_role("link", name="Next question" if n < len(Kind) else "Finish", exact=True))
    hands.press(page.get_by_role("button", name="See how it went"))

    expect(page.get_by_role("heading", name=f"{len(Kind)} of {len(Kind)} right")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_each_kind_is_saved_with_its_certainty_and_counts_when_handed_in(door: Door, way: str) -> None:
    hands = _begin(door, Purpose.TEST, way)
    page = hands.page
    for n in range(1, len(Kind) + 1):
        expect(page.get_by_role("heading", name=f"Question {n} of {len(Kind)}")).to_be_visible()
        _answer(hands, way, is_right=n != 1)
        hands.choose(page.get_by_label("Certain"))
        if way != "without JavaScript":
            expect(page.locator("[data-saved]")).to_have_text(SAVED)
        name = "Next" if n < len(Kind) else "Review"
        hands.press(page.locator(".steps").get_by_role("button", name=name, exact=True))
    expect(page.get_by_role("heading", name="Every question is answered")).to_be_visible()
    hands.press(page.get_by_role("button", name="Hand in now"))

    expect(page.locator(".score__big small")).to_have_text(f"{len(Kind) - 1} of {len(Kind)} right")
    # Six certain and right, one certain and wrong.
    expect(page.get_by_text("With certainty counted: 12 of 21 points.")).to_be_visible()
    expect(page.locator("section", has=page.locator("#certainty"))).to_contain_text("6 of 7")


@pytest.mark.parametrize("kind", [Kind.MATCH, Kind.ORDER, Kind.NUMERIC])
def test_a_saved_answer_is_there_again_after_a_reload(door: Door, kind: Kind) -> None:
    hands = _begin(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(list(Kind).index(kind) + 1), page.url))
    answer(hands, is_right=True)
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    fields = page.locator("fieldset").first.locator("select, [name=value]")
    given = [fields.nth(at).input_value() for at in range(fields.count())]

    page.reload()

    assert [fields.nth(at).input_value() for at in range(fields.count())] == given
    assert all(given)


def test_what_is_no_number_is_said_and_not_saved(door: Door) -> None:
    """Fails when the page says "Saved", or goes on trying what can never be stored."""
    hands = _begin(door, Purpose.TEST)
    page = hands.page
    door.watch.expected = {422}
    page.goto(re.sub(r"1$", str(list(Kind).index(Kind.NUMERIC) + 1), page.url))

    page.locator("[name=value]").fill("about seven")

    expect(page.locator("[data-saved]")).to_contain_text("Not saved: that is not a number")
    expect(page.locator("[name=value]")).to_have_value("about seven")
    page.locator(".steps").get_by_role("button", name="Next").click()
    expect(page.locator("[name=value]")).to_be_focused()
    page.locator("[name=value]").fill("7")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)


def test_what_was_typed_a_moment_ago_is_saved_before_the_page_is_left(door: Door) -> None:
    """Fails when a number that waits for more to be typed is forgotten by Next."""
    hands = _begin(door, Purpose.TEST)
    page, n = hands.page, list(Kind).index(Kind.NUMERIC) + 1
    page.goto(re.sub(r"1$", str(n), page.url))

    page.locator("[name=value]").fill("42")
    page.locator(".steps").get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=f"Question {n + 1} of")).to_be_visible()
    page.go_back()

    expect(page.locator("[name=value]")).to_have_value("42")


@pytest.mark.parametrize(
    ("kind", "fault"), [(Kind.MATCH, "Choose something for each line first."), (Kind.ORDER, "place of its own")]
)
@pytest.mark.parametrize("way", ["mouse", "without JavaScript"])
def test_an_unfinished_answer_is_not_checked_and_what_was_chosen_stays(
    door: Door, way: str, kind: Kind, fault: str
) -> None:
    hands = _begin(door, Purpose.PRACTICE, way)
    page = hands.page
    door.watch.expected = {422}
    page.goto(re.sub(r"1$", str(list(Kind).index(kind) + 1), page.url))
    page.locator("select").first.select_option(index=2)
    chosen = page.locator("select").first.input_value()

    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text(fault)
    expect(page.locator("select").first).to_have_value(chosen)


SPOKEN = {
    Kind.SINGLE: r"- radio ",
    Kind.SEVERAL: r"- checkbox ",
    Kind.TRUE_FALSE: r'- radio "True"',
    Kind.MATCH: r"""- '?combobox "Taut band"'?:\n\s+- option "Choose" \[selected\]\n\s+- '?option "A: """,
    Kind.ORDER: r"""- '?combobox "Place of: [^"]+"'?:\n\s+- option "–" \[selected\]\n\s+- option "1\"""",
    Kind.NUMERIC: r'- textbox "Your answer in points"',
    Kind.REGION: r'- radio "[^"]+"',
}


@pytest.mark.parametrize("kind", Kind)
def test_a_screen_reader_speaks_role_name_and_state(door: Door, kind: Kind) -> None:
    """Fails when an input has no name of its own, another role than it acts, or keeps its state from the accessibility tree."""
    hands = _begin(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(list(Kind).index(kind) + 1), page.url))
    group = page.locator("fieldset").first
    stem = " ".join(page.locator(".stem").inner_text().split())

    before = group.aria_snapshot()
    answer(hands, is_right=True)
    after = group.aria_snapshot()

    assert before.startswith(f'- group "{stem}"')
    assert re.search(SPOKEN[kind], before), before
    assert _states(after) > _states(before), after
    assert "- radio:" not in before
    assert "- combobox:" not in before


def _states(snapshot: str) -> int:
    """How much the tree says to be chosen or filled in."""
    filled = re.findall(r'- textbox "[^"]+": ', snapshot)
    chosen = [
        line for line in re.findall(r"""- '?option "([^"]+)" \[selected\]""", snapshot) if line not in ("Choose", "–")
    ]
    return len(re.findall(r"\[checked\]", snapshot)) + len(filled) + len(chosen)


def test_the_regions_of_a_picture_are_one_stop_and_tell_nothing(door: Door) -> None:
    """Threat 4. Fails when a region carries its author's name or index, or the picture is a second stop for the keyboard."""
    hands = _begin(door, Purpose.TEST)
    page = hands.page
    page.goto(re.sub(r"1$", str(list(Kind).index(Kind.REGION) + 1), page.url))
    picture = page.locator("[data-picks]")

    assert picture.locator("[tabindex], a, button, input").count() == 0
    assert "data-region" not in picture.inner_html()
    letters = [text.strip() for text in picture.locator(".region__letter").all_text_contents()]
    assert sorted(letters) == [key.inner_text() for key in page.locator(".opt__key").all()]
