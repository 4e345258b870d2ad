"""No form changes anything in an archived cohort, except the one that restores it: each POST of the table of addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.models import Cohort
from app.services.cohorts import cohorts, trainers
from tests.conftest import Clock
from tests.support.access_world import World, world
from tests.test_access import ROWS

__all__ = ["world"]

OF_A_COHORT = (
    "{cohort}",
    "{assignment}",
    "{granting}",
    "{set}",
    "{handed}",
    "{report}",
)
"""What in an address names the cohort or something that belongs to it."""

ALLOWED = {
    "/teach/cohorts/{cohort}/members/{learner}/reset-link": "is about the account; only administrators still may",
    "/teach/cohorts/{cohort}/restore": "restores it",
    "/teach/reports/{report}": "answers a learner about a question",
    "/teach/cohorts/{cohort}/copy": "makes another cohort and only reads this one",
    "/cpd/tests/{handed}": "keeps a reflection in the learner’s own CPD record",
}

POSTS = [
    row
    for row in ROWS
    if row.method == "POST" and row.path not in ALLOWED and any(name in row.path for name in OF_A_COHORT)
]


def test_the_forms_of_a_cohort_are_found() -> None:
    assert len(POSTS) > 25


@pytest.mark.parametrize("who", ["trainer", "admin", "learner"])
def test_no_form_changes_anything_in_an_archived_cohort(
    world: World, session: Session, clock: Clock, statements: Callable[[], list[str]], who: str
) -> None:
    """Fails when a form of a cohort, also one that is added later, does not ask whether the cohort is archived."""
    cohort = session.get_one(Cohort, int(world.names["cohort"]))
    cohorts.archive(session, trainers.list_for(session, cohort)[0], cohort, clock.now)
    session.commit()

    changed = []
    for row in POSTS:
        statements()
        status = world.cell(row, who)
        is_refused = status in ("403", "404", "409", "410")
        if not is_refused and any(not text.startswith(("SELECT", "WITH")) for text in statements()):
            changed.append(f"{row.path} {status}")

    assert changed == []
