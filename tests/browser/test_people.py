"""Getting people into a cohort in a real browser: a list, its links as a file, a trainer who is added."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from app.demo import cast
from tests.browser.conftest import Door
from tests.browser.support import journeys
from tests.browser.support.input_devices import Hands, Keyboard, Mouse


def _list(folder: Path, *lines: str) -> Path:
    """A list as Excel saves it in Western Europe."""
    path = folder / "people.csv"
    path.write_bytes("\r\n".join(("Name;E-Mail", *lines)).encode("cp1252"))
    return path


def _saved(page: Page, folder: Path, hands: Hands) -> list[list[str]]:
    """What is in the file of links."""
    with page.expect_download() as started:
        hands.press(page.get_by_role("link", name="Save as a file"))
    path = folder / "saved.csv"
    started.value.save_as(path)
    assert started.value.suggested_filename.endswith("-invitations.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["with JavaScript", "without"])
def test_a_list_is_invited_and_somebody_of_it_joins_by_the_saved_link(
    door: Door, tmp_path: Path, options: dict[str, Any]
) -> None:
    """Fails when the links can't be saved without JavaScript, or the policy or the browser refuses the file."""
    hands = Mouse(door.enter("trainer", **options))
    page, cohort, ada = hands.page, door.site.stage.ids["empty"], f"{uuid4().hex[:8]}@example.org"
    page.goto(f"/teach/cohorts/{cohort}/people")
    hands.press(page.get_by_role("link", name="Invite a list of people"))
    page.get_by_label("A file").set_input_files(_list(tmp_path, f"Zoë Müller;{ada}", "Bo;bo@"))
    hands.press(page.get_by_role("button", name="Check the list"))
    expect(page.get_by_role("heading", name="1 person to invite")).to_be_visible()
    expect(page.get_by_text("Zoë Müller")).to_be_visible()
    hands.choose(page.get_by_label("Leave out the lines with errors"))
    hands.press(page.get_by_role("button", name="Invite 1 person"))
    expect(page.get_by_text("These links are shown only now")).to_be_visible()

    (_head, row) = _saved(page, tmp_path, hands)
    assert row[:2] == ["Zoë Müller", ada]

    zoe = door.enter(**options)
    zoe.goto(row[2])
    Mouse(zoe).write(zoe.get_by_label("Password", exact=True), journeys.PASSWORD)
    zoe.get_by_role("button", name="Create account").click()
    expect(zoe.get_by_text("You have joined Manual therapy, evening course.")).to_be_visible()
    page.goto(f"/teach/cohorts/{cohort}/people?q={ada}")
    expect(page.get_by_role("listitem").filter(has_text=ada)).to_contain_text("Zoë Müller")


def test_a_learner_is_removed_and_brought_back_by_keyboard_alone(door: Door) -> None:
    hands = Keyboard(door.enter("trainer"))
    page = hands.page
    page.goto(f"/teach/cohorts/{door.site.stage.ids['large']}/people?q=Ng+6")

    hands.press(page.get_by_role("link", name="Manage Ng 6", exact=True))
    hands.press(page.get_by_role("button", name="Remove Ng 6", exact=True))
    expect(page.get_by_text("Ng 6 was removed from")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    hands.press(page.get_by_role("link", name="Removed", exact=False))
    hands.press(page.get_by_role("button", name="Bring back Ng 6", exact=True))

    expect(page.get_by_text("Ng 6 is back in")).to_be_visible()


def test_an_invited_trainer_signs_in_and_teaches(door: Door) -> None:
    page, admin = door.enter("trainer"), door.enter("admin")
    page.goto(f"/teach/cohorts/{door.site.stage.ids['waiting']}/settings")
    page.get_by_label("E-mail of the trainer").fill(door.site.password("admin")[0])
    page.get_by_role("button", name="Invite a trainer").click()
    link = page.locator("#link").input_value()

    admin.goto(link)
    admin.get_by_role("button", name="Teach this cohort").click()

    expect(admin.get_by_text("You now teach Physiotherapy, year 1.")).to_be_visible()
    page.goto(f"/teach/cohorts/{door.site.stage.ids['waiting']}/settings")
    expect(page.get_by_role("link", name=f"{cast.ADMIN} as a trainer")).to_be_visible()
