"""Where the database stores personal data, which section of an export contains it, and whether an erasure deletes it.

A test walks the tables: each new column that refers to an account, a learner or an attempt must be listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.services.log.texts import gettext_noop


class Disposition(StrEnum):
    """What an erasure does with a row."""

    GOES = "goes"
    NAMELESS = "stays without a name"


@dataclass(frozen=True, slots=True)
class DataLocation:
    """A column that links rows to a person.

    ``column`` holds the account, learner, attempt or address. ``section`` is the part of an export that contains the
    rows.
    """

    column: str
    section: str
    fate: Disposition

    @property
    def table(self) -> str:
        return self.column.partition(".")[0]


DATA_LOCATIONS = (
    DataLocation("user.id", "account", Disposition.GOES),
    DataLocation("user.email", "account", Disposition.GOES),
    DataLocation("user.unconfirmed_email", "account", Disposition.GOES),
    DataLocation("learner.user_id", "learner", Disposition.NAMELESS),
    DataLocation("sign_in.user_id", "sign_ins", Disposition.GOES),
    DataLocation("sign_in.learner_id", "sign_ins", Disposition.GOES),
    DataLocation("membership.learner_id", "memberships", Disposition.NAMELESS),
    DataLocation("lesson_progress.learner_id", "lessons", Disposition.NAMELESS),
    DataLocation("learner_note.learner_id", "notes", Disposition.GOES),
    DataLocation("attempt.learner_id", "attempts", Disposition.NAMELESS),
    DataLocation("attempt_item.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("answer_revision.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("mark.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("mark.learner_id", "attempts", Disposition.NAMELESS),
    DataLocation("mark_change.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("marking.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("attempt_reopening.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("question_report.attempt_id", "attempts", Disposition.NAMELESS),
    DataLocation("certificate.learner_id", "certificates", Disposition.NAMELESS),
    DataLocation("certificate.attempt_id", "certificates", Disposition.NAMELESS),
    DataLocation("cpd_entry.learner_id", "cpd_entries", Disposition.GOES),
    DataLocation("cpd_reflection.attempt_id", "cpd_reflections", Disposition.GOES),
    DataLocation("scope_result.learner_id", "results", Disposition.NAMELESS),
    DataLocation("scope_result.best_attempt_id", "results", Disposition.NAMELESS),
    DataLocation("scope_result.latest_attempt_id", "results", Disposition.NAMELESS),
    DataLocation("memory_card.learner_id", "what_you_remember", Disposition.GOES),
    DataLocation("card_update.attempt_id", "cards_to_be_updated", Disposition.GOES),
    DataLocation("review_plan.learner_id", "review_plan", Disposition.GOES),
    DataLocation("assignment_exception.learner_id", "exceptions", Disposition.NAMELESS),
    DataLocation("assignment_recipient.learner_id", "set_for_you_alone", Disposition.NAMELESS),
    DataLocation("reminder.learner_id", "reminders", Disposition.GOES),
    DataLocation("message_recipient.learner_id", "messages_received", Disposition.GOES),
    DataLocation("notification_setting.user_id", "notification_settings", Disposition.GOES),
    DataLocation("digest.user_id", "digests", Disposition.GOES),
    DataLocation("outbox_mail.user_id", "mails_to_be_sent", Disposition.GOES),
    DataLocation("outbox_mail.address", "mails_to_be_sent", Disposition.GOES),
    DataLocation("invitation.email", "invitations_to_you", Disposition.GOES),
    DataLocation("roster.lines", "roster_lines_naming_you", Disposition.GOES),
    DataLocation("cohort_trainer.user_id", "cohorts_taught", Disposition.GOES),
    DataLocation("cohort.created_by_id", "cohorts_created", Disposition.NAMELESS),
    DataLocation("test.owner_id", "tests_composed", Disposition.NAMELESS),
    DataLocation("assignment.created_by_id", "assignments_made", Disposition.NAMELESS),
    DataLocation("invitation.created_by_id", "invitations_made", Disposition.NAMELESS),
    DataLocation("roster.created_by_id", "rosters_uploaded", Disposition.GOES),
    DataLocation("correction.actor_id", "corrections_made", Disposition.NAMELESS),
    DataLocation("mark_change.actor_id", "marks_changed_by_you", Disposition.NAMELESS),
    DataLocation("marking.marker_id", "markings_given", Disposition.NAMELESS),
    DataLocation("attempt_reopening.actor_id", "attempts_reopened_by_you", Disposition.NAMELESS),
    DataLocation("certificate.withdrawn_by_id", "certificates_withdrawn_by_you", Disposition.NAMELESS),
    DataLocation("message.sender_id", "messages_sent", Disposition.NAMELESS),
    DataLocation("question_report.answered_by_id", "replies_written", Disposition.NAMELESS),
    DataLocation("library_person.user_id", "libraries", Disposition.GOES),
    DataLocation("library_invitation.email", "library_invitations_to_you", Disposition.GOES),
    DataLocation("library_invitation.invited_by_id", "library_invitations_made", Disposition.GOES),
    DataLocation("bank_upload.author_id", "question_files_uploaded", Disposition.GOES),
    DataLocation("document_version.author_id", "document_versions_written", Disposition.NAMELESS),
    DataLocation("submitted_form.user_id", "forms_sent", Disposition.GOES),
    DataLocation("audit_event.actor_id", "log_of_what_you_changed", Disposition.NAMELESS),
    DataLocation("audit_event.subject", "log_of_what_was_changed_about_you", Disposition.NAMELESS),
)


@dataclass(frozen=True, slots=True)
class ErasureNote:
    """What happens to some data, in words for the person who confirms an erasure."""

    what: str
    becomes: str
    fate: Disposition


ERASURE_NOTES = (
    ErasureNote(gettext_noop("Account: name, e-mail, password, role"), gettext_noop("deleted"), Disposition.GOES),
    ErasureNote(
        gettext_noop("Sign-ins"), gettext_noop("ended and deleted: every browser is signed out"), Disposition.GOES
    ),
    ErasureNote(
        gettext_noop("Invitations and roster lines with the address"), gettext_noop("deleted"), Disposition.GOES
    ),
    ErasureNote(
        gettext_noop("Roles in libraries, and invitations to libraries"), gettext_noop("deleted"), Disposition.GOES
    ),
    ErasureNote(gettext_noop("Mails that wait to be sent"), gettext_noop("deleted"), Disposition.GOES),
    ErasureNote(
        gettext_noop(
            "Texts: reports of questions, replies to them, notes, reasons of single marks and of reopened tests, "
            "comments of markers, written answers, messages from trainers to this person alone"
        ),
        gettext_noop("the text is deleted"),
        Disposition.GOES,
    ),
    ErasureNote(
        gettext_noop("Time zone, extra time, calendar address, reminders, notification settings"),
        gettext_noop("deleted"),
        Disposition.GOES,
    ),
    ErasureNote(
        gettext_noop("Plan for reviews, and what is due for review"), gettext_noop("deleted"), Disposition.GOES
    ),
    ErasureNote(gettext_noop("CPD record: own entries and reflections"), gettext_noop("deleted"), Disposition.GOES),
    ErasureNote(gettext_noop("Private notes, highlights and bookmarks"), gettext_noop("deleted"), Disposition.GOES),
    ErasureNote(
        gettext_noop("Answers, marks, results, lessons read"),
        gettext_noop("stay under an anonymous learner, so that figures still add up"),
        Disposition.NAMELESS,
    ),
    ErasureNote(
        gettext_noop("Certificates"),
        gettext_noop("withdrawn, without the name: their codes only say that they were withdrawn"),
        Disposition.NAMELESS,
    ),
    ErasureNote(
        gettext_noop("Memberships and exceptions"),
        gettext_noop(
            "stay under the anonymous learner, without notes and student numbers, but with a coded form of the "
            "address: if it joins the same cohort again, its trainers see that"
        ),
        Disposition.NAMELESS,
    ),
    ErasureNote(
        gettext_noop("Libraries and documents written as a trainer"),
        gettext_noop("stay, without saying who wrote them"),
        Disposition.NAMELESS,
    ),
    ErasureNote(
        gettext_noop("Cohorts, tests, assignments and corrections made as a trainer"),
        gettext_noop("stay, without saying who made them"),
        Disposition.NAMELESS,
    ),
    ErasureNote(
        gettext_noop("Events in the audit log"),
        gettext_noop("stay, without the person or details about them"),
        Disposition.NAMELESS,
    ),
)
