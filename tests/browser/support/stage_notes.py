"""A learner who keeps notes, highlights and bookmarks."""

from __future__ import annotations

from datetime import timedelta

from app.domain.learner_notes import TargetKind
from app.domain.quotes import Quote
from app.models import LearnerNote
from app.permissions import Viewer
from app.services.attempts import learner_notes, note_targets
from app.services.attempts.note_targets import NoteTarget
from app.services.people import sign_ins, users
from tests.browser.support.stage_learners import LearnersOnStage

LESSON = "knots"
QUOTE = "A trigger point is a very irritable spot in a skeletal muscle: a tender knot within a taut band"


class NotesOnStage(LearnersOnStage):
    def fill(self) -> None:
        user = users.create(self.session, name="Noor Haddad", email="noor@example.org", password_hash="!", now=self.now)
        self.session.flush()  # the notes need the id of the learner
        self.keeper = sign_ins.get_learner(self.session, user)
        self.viewer = Viewer(user, self.keeper)
        self.stage.cookies["keeper"] = self._cookie(self.viewer)
        knots = self._target(TargetKind.LESSON, LESSON)
        self._add(knots, "", QUOTE)
        noted = self._add(
            knots,
            "Ask Dr Okafor: how hard does she press?\nAnd is a jump sign ever enough by itself?",
            "One is a reaction of the muscle, the other of the whole person",
        )
        self.stage.ids["note"] = noted.id
        self._add(knots, "Practise on both shoulders before Thursday.")
        gone = self._add(knots, "Was in the lecture, too.", "are often affected")
        gone.quote, gone.quote_before, gone.quote_after = "Points are always in the same places.", "", ""
        learner_notes.add_bookmark(self.session, self.keeper, knots, self.now)
        learner_notes.add_bookmark(self.session, self.keeper, self._target(TargetKind.LESSON, "red-flags"), self.now)
        trapezius = self._target(TargetKind.MUSCLE, "upper-trapezius")
        self._add(trapezius, "Headache at the temple: check this one first.")
        learner_notes.add_bookmark(self.session, self.keeper, trapezius, self.now)

    def _target(self, kind: TargetKind, slug: str) -> NoteTarget:
        target = note_targets.get_target(self.session, self.viewer, kind, slug, self.now)
        assert target is not None
        return target

    def _add(self, target: NoteTarget, body: str, quote: str = "") -> LearnerNote:
        at = self.now - timedelta(days=1)
        return learner_notes.add_note(self.session, self.keeper, target, Quote(quote) if quote else None, body, at)
