"""Where the database keeps something about a person, what an export calls it, and what becomes of it when the person is erased.

A test walks the tables: a new column that points to an account or a learner, or belongs to an attempt, has to be named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What erasing does with a row."""

    GOES = "goes"
    NAMELESS = "stays without a name"


@dataclass(frozen=True, slots=True)
class Trace:
    """One way in which rows of a table are somebody's.

    ``column`` holds their account, their learner, their attempt or their address. ``section`` is the part of an export that shows the rows.
    """

    column: str
    section: str
    fate: Fate

    @property
    def table(self) -> str:
        return self.column.partition(".")[0]


TRACES = (
    Trace("user.id", "account", Fate.GOES),
    Trace("user.email", "account", Fate.GOES),
    Trace("learner.user_id", "learner", Fate.NAMELESS),
    Trace("sign_in.user_id", "sign_ins", Fate.GOES),
    Trace("sign_in.learner_id", "sign_ins", Fate.GOES),
    Trace("membership.learner_id", "memberships", Fate.NAMELESS),
    Trace("lesson_progress.learner_id", "lessons", Fate.NAMELESS),
    Trace("attempt.learner_id", "attempts", Fate.NAMELESS),
    Trace("attempt_item.attempt_id", "attempts", Fate.NAMELESS),
    Trace("answer.attempt_id", "attempts", Fate.NAMELESS),
    Trace("mark.attempt_id", "attempts", Fate.NAMELESS),
    Trace("mark.learner_id", "attempts", Fate.NAMELESS),
    Trace("mark_change.attempt_id", "attempts", Fate.NAMELESS),
    Trace("question_report.attempt_id", "attempts", Fate.NAMELESS),
    Trace("standing.learner_id", "standings", Fate.NAMELESS),
    Trace("standing.best_attempt_id", "standings", Fate.NAMELESS),
    Trace("standing.latest_attempt_id", "standings", Fate.NAMELESS),
    Trace("assignment_exception.learner_id", "exceptions", Fate.NAMELESS),
    Trace("assignment_recipient.learner_id", "set_for_you_alone", Fate.NAMELESS),
    Trace("reminder.learner_id", "reminders", Fate.GOES),
    Trace("invitation.email", "invitations_to_you", Fate.GOES),
    Trace("roster.lines", "roster_lines_naming_you", Fate.GOES),
    Trace("cohort_trainer.user_id", "cohorts_taught", Fate.GOES),
    Trace("assignment.created_by_id", "assignments_made", Fate.NAMELESS),
    Trace("invitation.created_by_id", "invitations_made", Fate.NAMELESS),
    Trace("roster.created_by_id", "rosters_uploaded", Fate.GOES),
    Trace("correction.actor_id", "corrections_made", Fate.NAMELESS),
    Trace("mark_change.actor_id", "marks_changed_by_you", Fate.NAMELESS),
    Trace("question_report.answered_by_id", "replies_written", Fate.NAMELESS),
    Trace("handled_form.user_id", "forms_sent", Fate.GOES),
    Trace("audit_event.actor_id", "log_of_what_you_changed", Fate.NAMELESS),
    Trace("audit_event.subject", "log_of_what_was_changed_about_you", Fate.NAMELESS),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of something, in words for whoever is about to erase a person."""

    what: str
    becomes: str
    fate: Fate


PROMISE = (
    Told("Account: name, e-mail, password, role", "deleted", Fate.GOES),
    Told("Sign-ins", "ended and deleted: every browser is signed out", Fate.GOES),
    Told("Invitations and roster lines with the address", "deleted", Fate.GOES),
    Told(
        "Texts: reports of questions, replies to them, notes, reasons of single marks",
        "the text is deleted",
        Fate.GOES,
    ),
    Told("Time zone, extra time, calendar address, reminders", "deleted", Fate.GOES),
    Told(
        "Answers, marks, results, lessons read",
        "stay under an anonymous learner, so that figures still add up",
        Fate.NAMELESS,
    ),
    Told("Memberships and exceptions", "stay under the anonymous learner, without notes", Fate.NAMELESS),
    Told("Cohorts, assignments and corrections made as a trainer", "stay, without saying who made them", Fate.NAMELESS),
    Told("Events in the audit log", "stay, without the person or details about them", Fate.NAMELESS),
)
