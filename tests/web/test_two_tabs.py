"""Battery row R12 and threat 10: two tabs on one test, in whatever order things happen to them; nothing is overwritten unseen.

Some dozens of interleavings run with the suite, 500 with ``python -m battery tabs`` (which sets ``TABS_EXAMPLES``).

Fails when the revision that a tab saw is not compared (a later save wins silently), when a save that is sent again is stored again or
brings back what was changed since, when a clear or a flag slips past the comparison, and when an answer after handing in is stored.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AnswerRevision, AttemptItem
from tests.support.attempt_client import JSON, AttemptClient, get_hidden_field, get_json, start
from tests.support.factory import Factory
from tests.support.question_kinds import SINGLE

EXAMPLES = int(os.environ.get("TABS_EXAMPLES", "25"))
STEPS = 25

tabs = st.integers(0, 1)
questions = st.integers(0, 1)


@dataclass
class Stored:
    """What the server must have for one question: the current answer as places on the page, and all answers so far."""

    chosen: tuple[int, ...] = ()
    log: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    @property
    def revision(self) -> int:
        return len(self.log)


@dataclass
class Tab:
    """A browser's tab: for each question, the revision that its page knows and what it sent last."""

    client: FlaskClient
    seen: dict[int, int] = field(default_factory=dict)
    sent: dict[int, dict[str, str]] = field(default_factory=dict)


class TwoTabs(RuleBasedStateMachine):
    make: Factory
    session: Session

    @initialize()
    def begin(self) -> None:
        person = self.make.person()
        self.play = start(person.client, self.session, module="evidence")
        self.tabs = [Tab(person.client), Tab(self.make.signed_in(person.user, person.learner))]
        # Which questions are drawn is left to chance; what can be done to these two is always the same.
        self.numbers = [one.n for one in self.play.questions() if one.kind is SINGLE and one.places > 2][:2]
        self.stored = {n: Stored() for n in self.numbers}
        self.is_open, self.saves = True, 0
        for which in range(2):
            for question in range(2):
                self.load(which, question)

    @precondition(lambda self: self.is_open)
    @rule(which=tabs, question=questions)
    def load(self, which: int, question: int) -> None:
        """A page shows what is stored, and knows its revision."""
        n = self.numbers[question]
        page = AttemptClient(self.tabs[which].client, self.session, self.play.attempt_id).page(n)

        checked = re.findall(r'name="option" value="(\d+)" checked', page.text)
        assert tuple(map(int, checked)) == self.stored[n].chosen
        self.tabs[which].seen[n] = int(get_hidden_field(page.text, "revision"))
        assert self.tabs[which].seen[n] == self.stored[n].revision

    @precondition(lambda self: self.is_open)
    @rule(which=tabs, question=questions, place=st.integers(0, 2))
    def look_and_choose(self, which: int, question: int, place: int) -> None:
        self.load(which, question)
        self.choose(which, question, place)

    @rule(which=tabs, question=questions, place=st.integers(0, 2))
    def choose(self, which: int, question: int, place: int) -> None:
        self._send_new(which, self.numbers[question], {"option": str(place)}, (place,))

    @rule(which=tabs, question=questions)
    def clear(self, which: int, question: int) -> None:
        self._send_new(which, self.numbers[question], {"clear": "1"}, ())

    @rule(which=tabs, question=questions)
    def send_again(self, which: int, question: int) -> None:
        """The reply was lost, or somebody pressed Back: the very same form once more."""
        n = self.numbers[question]
        form = self.tabs[which].sent.get(n)
        if form is not None:
            self._send(which, n, form, (int(form["option"]),) if "option" in form else ())

    @precondition(lambda self: self.is_open and self.saves > 5)
    @rule(which=tabs)
    def hand_in(self, which: int) -> None:
        assert self.tabs[which].client.post(f"{self.play.path}/submit").status_code == 303
        self.is_open = False

    def _send_new(self, which: int, n: int, form: dict[str, str], wanted: tuple[int, ...]) -> None:
        self.saves += 1
        form |= {"revision": str(self.tabs[which].seen[n]), "save_id": f"save-{self.saves}"}
        self.tabs[which].sent[n] = form
        self._send(which, n, form, wanted)

    def _send(self, which: int, n: int, form: dict[str, str], wanted: tuple[int, ...]) -> None:
        """Send a form: it is stored where the tab knew what is stored, changes nothing where it is stored already, else is refused."""
        tab, stored = self.tabs[which], self.stored[n]
        reply = tab.client.post(f"{self.play.path}/{n}", data=form, headers=JSON)
        if not self.is_open:
            assert (reply.status_code, reply.json) == (409, {"error": "AttemptClosed"})
            return
        if wanted != stored.chosen and int(form["revision"]) != stored.revision:
            assert reply.status_code == 409
            assert reply.json == {
                "error": "stale",
                "revision": stored.revision,
                "fields": {"option": [str(place) for place in stored.chosen]},
            }
            return
        if wanted != stored.chosen:
            stored.chosen = wanted
            stored.log.append((form["save_id"], wanted))
        assert reply.status_code == 200
        # What is acknowledged is what is stored now: the page says "Saved" beside it.
        assert get_json(reply)["revision"] == stored.revision
        tab.seen[n] = stored.revision

    @invariant()
    def the_server_has_what_was_acknowledged(self) -> None:
        if not hasattr(self, "play"):
            return
        self.session.expire_all()
        for n, stored in self.stored.items():
            item = self.session.get_one(AttemptItem, (self.play.attempt_id, n))
            assert (self._places(item, item.response), item.revision) == (stored.chosen, stored.revision)
            log = self.session.scalars(
                select(AnswerRevision)
                .where(AnswerRevision.attempt_id == self.play.attempt_id, AnswerRevision.position == n)
                .order_by(AnswerRevision.revision)
            )
            assert [(row.save_id, self._places(item, row.response)) for row in log] == stored.log

    @staticmethod
    def _places(item: AttemptItem, response: list[int] | None) -> tuple[int, ...]:
        return tuple(place for place, index in enumerate(item.option_order) if index in (response or ()))


def test_two_tabs_never_overwrite_each_other_unseen(make: Factory, session: Session) -> None:
    machine = type("TwoTabsHere", (TwoTabs,), {"make": make, "session": session})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="TABS_EXAMPLES" not in os.environ,
            database=None,
            # A failure is told as its steps, of which there are few: making them fewer takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
