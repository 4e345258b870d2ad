"""The part of the stage that shows reviews: something due, a review under way, one that is done, and a pause."""

from __future__ import annotations

from datetime import timedelta

from app.models import Attempt
from app.permissions import Viewer
from app.services.attempts import attempts, cards, review_plans, reviews
from app.services.marking import submission
from app.services.people import sign_ins, users
from tests.browser.support.stage_learners import LearnersOnStage


class ReviewersOnStage(LearnersOnStage):
    """Three people who practised four days ago."""

    def fill(self) -> None:
        for who, name in (("reviewer", "Rosa Lind"), ("reviewing", "Ravi Menon"), ("pausing", "Petra Vogel")):
            viewer = self._practised(who, name)
            assert viewer.learner is not None
            if who == "reviewing":
                self.stage.ids["reviewed"] = self._review(viewer, is_finished=True).id
                self.stage.ids["review"] = self._review(viewer, is_finished=False).id
            if who == "pausing":
                review_plans.set_paused(self.session, viewer.learner, is_paused=True)

    def _practised(self, who: str, name: str) -> Viewer:
        user = users.create(self.session, name=name, email=f"{who}@example.org", password_hash="!", now=self.now)
        self.session.flush()  # the sign-in needs the id of the learner
        viewer = Viewer(user, sign_ins.get_learner(self.session, user))
        assert viewer.learner is not None
        self.stage.cookies[who] = self._cookie(viewer)
        now, self.now = self.now, self.now - timedelta(days=4)
        for module in ("trigger-points", "referred-pain", "treatment", "safety"):
            practice = attempts.start_practice(self.session, viewer.learner, self._module(module), self.now)
            loaded = self._loaded(viewer, practice)
            for item in loaded.items:
                self._record(loaded, item, is_right=item.position % 3 > 0, certainty=item.position % 3 + 1)
            submission.submit(self.session, loaded.attempt, self.now)
        self.now = now
        cards.update_cards(self.session, viewer.learner.id, self.now)
        return viewer

    def _review(self, viewer: Viewer, *, is_finished: bool) -> Attempt:
        assert viewer.learner is not None
        attempt = reviews.start_review(self.session, viewer.learner, 5, self.now)
        loaded = self._loaded(viewer, attempt)
        for item in loaded.items if is_finished else loaded.items[:2]:
            self._record(loaded, item, is_right=item.position % 2 > 0)
            self.now += timedelta(seconds=1)
        if is_finished:
            submission.submit(self.session, loaded.attempt, self.now, loaded.items)
        return attempt
