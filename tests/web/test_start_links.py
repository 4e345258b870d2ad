"""A test starts only from its start page."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt
from tests.conftest import ROOT, Clock
from tests.support.assigned_test import take_test
from tests.support.attempt_client import start
from tests.support.factory import Factory

DAY = timedelta(days=1)

START_PAGES = re.compile(r"/modules/[a-z-]+/test|/assignments/\d+")


class _Forms(HTMLParser):
    """Collects the forms of a page: the action, and the names and values that it can send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, set[tuple[str, str]]]] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self.forms.append((given.get("action", ""), set()))
        elif tag in ("button", "input") and self.forms:
            self.forms[-1][1].add((given.get("name", ""), given.get("value", "")))
        elif tag == "a" and given.get("href", "").startswith("/"):
            self.links.add(given["href"].partition("#")[0])


def _starts_test(action: str, sends: set[tuple[str, str]]) -> bool:
    return action.endswith("/attempts") and (action.startswith("/assignments/") or ("mode", "test") in sends)


def _crawl(client: FlaskClient, *first: str) -> dict[str, _Forms]:
    """Follow every link from these pages, and return all pages that were found."""
    found: dict[str, _Forms] = {}
    left = list(first)
    while left:
        path = left.pop()
        # One page of each kind in a list of many.
        if path in found or re.search(r"\.(csv|svg|ics|xlsx|css|png)|/data|[?&](order|filter|page|sort|show|q)=", path):
            continue
        reply = client.get(path)
        found[path] = page = _Forms()
        if reply.status_code == 200 and reply.mimetype == "text/html":
            page.feed(reply.text)
            left.extend(sorted(page.links))
        elif reply.location:
            left.append(reply.location)
    return found


@pytest.mark.parametrize("who", ["visitor", "learner", "trainer"])
def test_only_start_pages_offer_a_start_and_no_page_starts_by_itself(
    make: Factory, session: Session, clock: Clock, who: str
) -> None:
    """Fails when any page that can be reached by links starts a test with one tap."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner, joined_ago=9 * DAY)
    for given in ({"due_at": clock() - DAY}, {"attempts_allowed": 2}, {}):
        done = make.assignment(trainer, cohort, **given)
        make.assignment(trainer, cohort, "evidence", **given)
        take_test(session, learner, done, clock(), is_right=False)
    start(learner.client, session).submit()
    client = {"visitor": make.app.test_client(), "learner": learner.client, "trainer": trainer.client}[who]
    before = session.scalar(select(func.count(Attempt.id)))

    pages = _crawl(client, "/", "/progress", *(["/teach", f"/teach/cohorts/{cohort.id}"] if who == "trainer" else []))

    offering = {path for path, page in pages.items() if any(_starts_test(*form) for form in page.forms)}
    assert len(pages) > 20
    assert all(START_PAGES.fullmatch(path) for path in offering), offering
    assert bool(offering) == (who != "visitor")
    assert session.scalar(select(func.count(Attempt.id))) == before


def test_only_the_start_button_posts_to_where_tests_start() -> None:
    """The same for templates that no test reaches."""
    templates = {
        path.name
        for path in (ROOT / "templates").rglob("*.html")
        if "learn.start_assignment" in path.read_text() or re.search(r'<(?!option)[^>]*value="test"', path.read_text())
    }

    assert templates == {"_begin.html"}
