"""A class whose trainer looks at insight."""

from __future__ import annotations

import html
import re
from typing import Any
from xml.etree import ElementTree

from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, Cohort
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, join_with_the_same_paper, submit_test

SVG = "{http://www.w3.org/2000/svg}"


class InsightClass:
    """A trainer, a cohort and an assignment, handed in by whom a test wants."""

    def __init__(self, session: Session, make: Factory, clock: Clock) -> None:
        self.session, self.make, self.clock, self.hand = session, make, clock, AnswerKey(session)
        self.trainer = make.trainer()
        self.cohort: Cohort = make.cohort(self.trainer)

    def assignment(self, **given: Any) -> Assignment:
        return self.make.assignment(self.trainer, self.cohort, **given)

    def member(self, **given: Any) -> Person:
        person = self.make.person(**given)
        person.client.post(f"/join/{self.cohort.join_code}")
        return person

    def crowd(self, assignment: Assignment, count: int = 24) -> Attempt:
        """A first learner who is certain of wrong answers, and a crowd with the same paper."""
        first = submit_test(self.session, self.member(name="Ann"), assignment, self.clock.now, self.hand.all_wrong)
        join_with_the_same_paper(self.session, first, self.cohort, count, self.hand.rising)
        return first

    @property
    def path(self) -> str:
        return f"/teach/cohorts/{self.cohort.id}/insight"

    def page(self, address: str = "", **query: object) -> str:
        reply = self.trainer.client.get(self.path + address, query_string=query)
        assert reply.status_code == 200, reply.status_code
        return html.unescape(re.sub(r"\s+", " ", reply.text))

    def picture(self, address: str) -> ElementTree.Element:
        reply = self.trainer.client.get(self.path + address)
        assert reply.status_code == 200, reply.status_code
        assert reply.mimetype == "image/svg+xml"
        assert reply.headers["Content-Disposition"].startswith("attachment; filename=")
        return ElementTree.fromstring(reply.text)
