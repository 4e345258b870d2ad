"""The actions that the audit log records."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.log.texts import gettext_noop


@dataclass(frozen=True, slots=True)
class AuditAction:
    """A kind of action in the log.

    ``title`` is the name of the action in a list. ``sentence`` says what the actor did to the subject, with placeholders
    for both and for details; other details are shown below it. If ``names_learners``, the detail ``learners`` lists the
    ids of the learners affected; erasure and personal exports rely on this.
    """

    name: str
    title: str
    sentence: str
    names_learners: bool = False

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]


ACTIONS: dict[str, AuditAction] = {
    action.name: action
    for action in (
        AuditAction(
            "assignment.create",
            gettext_noop("Assignment created"),
            gettext_noop("%(actor)s assigned %(subject)s (module %(module)s) to %(cohort)s."),
        ),
        AuditAction(
            "assignment.change_grant",
            gettext_noop("Exception changed"),
            gettext_noop("%(actor)s changed an exception in %(subject)s for %(learners)s."),
            names_learners=True,
        ),
        AuditAction(
            "assignment.delete",
            gettext_noop("Assignment deleted"),
            gettext_noop("%(actor)s deleted %(subject)s (module %(module)s) from %(cohort)s; nobody had started it."),
        ),
        AuditAction(
            "assignment.edit",
            gettext_noop("Assignment changed"),
            gettext_noop("%(actor)s changed the settings of %(subject)s."),
        ),
        AuditAction(
            "assignment.extra_time",
            gettext_noop("Extra time given in an assignment"),
            gettext_noop("%(actor)s gave %(learner)s %(percent)s%% extra time in %(subject)s."),
        ),
        AuditAction(
            "assignment.grant",
            gettext_noop("Exception granted"),
            gettext_noop("%(actor)s granted an exception in %(subject)s to %(learners)s."),
            names_learners=True,
        ),
        AuditAction(
            "assignment.marking",
            gettext_noop("Marking of an assignment changed"),
            gettext_noop("%(actor)s changed how %(subject)s is marked."),
        ),
        AuditAction(
            "assignment.set_again",
            gettext_noop("Assignment assigned again"),
            gettext_noop("%(actor)s assigned %(subject)s again."),
        ),
        AuditAction(
            "assignment.take_back",
            gettext_noop("Exception removed"),
            gettext_noop("%(actor)s removed the exception in %(subject)s for %(learners)s."),
            names_learners=True,
        ),
        AuditAction(
            "assignment.withdraw",
            gettext_noop("Assignment withdrawn"),
            gettext_noop("%(actor)s withdrew %(subject)s."),
        ),
        AuditAction(
            "attempt.give_time",
            gettext_noop("More time given"),
            gettext_noop("%(actor)s gave %(subject)s %(minutes)s more minutes: %(reason)s."),
        ),
        AuditAction(
            "attempt.reopen",
            gettext_noop("Attempt reopened"),
            gettext_noop("%(actor)s reopened %(subject)s, with %(minutes)s minutes: %(reason)s."),
        ),
        AuditAction(
            "certificate.restore",
            gettext_noop("Certificate valid again"),
            gettext_noop("%(actor)s made the certificate of %(subject)s valid again."),
        ),
        AuditAction(
            "certificate.withdraw",
            gettext_noop("Certificate withdrawn"),
            gettext_noop("%(actor)s withdrew the certificate of %(subject)s: %(reason)s."),
        ),
        AuditAction(
            "cohort.add_trainer",
            gettext_noop("Trainer added"),
            gettext_noop("%(actor)s became a trainer of %(subject)s."),
        ),
        AuditAction(
            "cohort.archive",
            gettext_noop("Cohort archived"),
            gettext_noop("%(actor)s archived %(subject)s."),
        ),
        AuditAction(
            "cohort.change_details",
            gettext_noop("Student numbers or names changed"),
            gettext_noop("%(actor)s changed student numbers or names to sort by in %(subject)s for %(learners)s."),
            names_learners=True,
        ),
        AuditAction(
            "cohort.change_totals",
            gettext_noop("Totals changed"),
            gettext_noop("%(actor)s changed how totals are computed in %(subject)s."),
        ),
        AuditAction(
            "cohort.copy",
            gettext_noop("Cohort copied"),
            gettext_noop(
                "%(actor)s created %(subject)s as a copy of %(copied_from)s with %(assignments)s assignments."
            ),
        ),
        AuditAction(
            "cohort.create",
            gettext_noop("Cohort created"),
            gettext_noop("%(actor)s created %(subject)s."),
        ),
        AuditAction(
            "cohort.edit",
            gettext_noop("Cohort changed"),
            gettext_noop("%(actor)s changed the settings of %(subject)s."),
        ),
        AuditAction(
            "cohort.invite",
            gettext_noop("Learners invited"),
            gettext_noop("%(actor)s invited %(people)s people to %(subject)s."),
        ),
        AuditAction(
            "cohort.invite_trainer",
            gettext_noop("Trainer invited"),
            gettext_noop("%(actor)s invited somebody to teach %(subject)s."),
        ),
        AuditAction(
            "cohort.keep_open",
            gettext_noop("Time for joining changed"),
            gettext_noop("%(actor)s changed until when people can join %(subject)s."),
        ),
        AuditAction(
            "cohort.leave",
            gettext_noop("Cohort left"),
            gettext_noop("%(actor)s left %(subject)s."),
        ),
        AuditAction(
            "cohort.readmit_learner",
            gettext_noop("Learner brought back"),
            gettext_noop("%(actor)s brought %(learner)s back into %(subject)s."),
        ),
        AuditAction(
            "cohort.remove_learner",
            gettext_noop("Learner removed"),
            gettext_noop("%(actor)s removed %(learner)s from %(subject)s."),
        ),
        AuditAction(
            "cohort.remove_trainer",
            gettext_noop("Trainer removed"),
            gettext_noop("%(actor)s removed %(user)s as a trainer of %(subject)s."),
        ),
        AuditAction(
            "cohort.renew_invitations",
            gettext_noop("Invitations renewed"),
            gettext_noop("%(actor)s renewed %(people)s open invitations to %(subject)s."),
        ),
        AuditAction(
            "cohort.restore_trainer",
            gettext_noop("Trainer brought back"),
            gettext_noop("%(actor)s made %(user)s a trainer of %(subject)s again."),
        ),
        AuditAction(
            "cohort.restore",
            gettext_noop("Cohort restored"),
            gettext_noop("%(actor)s restored %(subject)s from the archive."),
        ),
        AuditAction(
            "cohort.renew_code",
            gettext_noop("Join code renewed"),
            gettext_noop("%(actor)s created a new join code for %(subject)s."),
        ),
        AuditAction(
            "content.publish",
            gettext_noop("Course published"),
            gettext_noop("%(actor)s published the course."),
        ),
        AuditAction(
            "invitation.accept",
            gettext_noop("Invitation accepted"),
            gettext_noop("%(actor)s accepted %(subject)s as %(user)s."),
        ),
        AuditAction(
            "invitation.create",
            gettext_noop("Invitation created"),
            gettext_noop("%(actor)s created %(subject)s for the role %(role)s."),
        ),
        AuditAction(
            "invitation.renew",
            gettext_noop("Invitation renewed"),
            gettext_noop("%(actor)s renewed %(subject)s to %(cohort)s."),
        ),
        AuditAction(
            "invitation.withdraw",
            gettext_noop("Invitation withdrawn"),
            gettext_noop("%(actor)s withdrew %(subject)s."),
        ),
        AuditAction(
            "library.add_person",
            gettext_noop("Person joined a library"),
            gettext_noop("%(actor)s joined %(subject)s as %(role)s."),
        ),
        AuditAction(
            "library.create",
            gettext_noop("Library created"),
            gettext_noop("%(actor)s created %(subject)s."),
        ),
        AuditAction(
            "library.delete",
            gettext_noop("Library deleted"),
            gettext_noop("%(actor)s deleted %(subject)s, %(name)s."),
        ),
        AuditAction(
            "library.invite",
            gettext_noop("Person invited to a library"),
            gettext_noop("%(actor)s invited a person to %(subject)s as %(role)s."),
        ),
        AuditAction(
            "library.publish",
            gettext_noop("Library published"),
            gettext_noop("%(actor)s published %(subject)s."),
        ),
        AuditAction(
            "library.remove_person",
            gettext_noop("Person removed from a library"),
            gettext_noop("%(actor)s removed %(user)s from %(subject)s."),
        ),
        AuditAction(
            "library.rename",
            gettext_noop("Library renamed"),
            gettext_noop("%(actor)s renamed %(subject)s from %(old)s to %(new)s."),
        ),
        AuditAction(
            "library.set_role",
            gettext_noop("Role in a library changed"),
            gettext_noop("%(actor)s changed the role of %(user)s in %(subject)s from %(old)s to %(new)s."),
        ),
        AuditAction(
            "library.unpublish",
            gettext_noop("Publication of a library ended"),
            gettext_noop("%(actor)s ended the publication of %(subject)s."),
        ),
        AuditAction(
            "library.withdraw_invitation",
            gettext_noop("Invitation to a library withdrawn"),
            gettext_noop("%(actor)s withdrew an invitation to %(subject)s."),
        ),
        AuditAction(
            "mark.change",
            gettext_noop("Mark changed"),
            gettext_noop(
                "%(actor)s changed the mark of question %(position)s in %(subject)s from %(old)s to %(new)s of %(of)s."
            ),
        ),
        AuditAction(
            "mark.give",
            gettext_noop("Answer marked"),
            gettext_noop("%(actor)s marked question %(position)s in %(subject)s: %(points)s of %(of)s points."),
        ),
        AuditAction(
            "mark.settle",
            gettext_noop("Difference between markers settled"),
            gettext_noop(
                "%(actor)s settled the marks of question %(position)s in %(subject)s: %(points)s of %(of)s points."
            ),
        ),
        AuditAction(
            "message.send",
            gettext_noop("Message sent"),
            gettext_noop("%(actor)s sent a message in %(subject)s to %(learners)s."),
            names_learners=True,
        ),
        AuditAction(
            "question.correct",
            gettext_noop("Question corrected"),
            gettext_noop("%(actor)s corrected %(subject)s: %(remedy)s."),
        ),
        AuditAction(
            "question.regrade",
            gettext_noop("Marks changed after a correction"),
            gettext_noop("All marks of %(subject)s were changed according to a correction."),
        ),
        AuditAction(
            "question_report.reply",
            gettext_noop("Report answered"),
            gettext_noop("%(actor)s replied to %(subject)s."),
        ),
        AuditAction(
            "test.archive",
            gettext_noop("Test archived"),
            gettext_noop("%(actor)s archived %(subject)s."),
        ),
        AuditAction(
            "test.create",
            gettext_noop("Test created"),
            gettext_noop("%(actor)s created %(subject)s."),
        ),
        AuditAction(
            "test.edit",
            gettext_noop("Test changed"),
            gettext_noop("%(actor)s changed %(subject)s."),
        ),
        AuditAction(
            "test.restore",
            gettext_noop("Test taken out of the archive"),
            gettext_noop("%(actor)s took %(subject)s out of the archive."),
        ),
        AuditAction(
            "user.change_email",
            gettext_noop("E-mail address changed"),
            gettext_noop("%(actor)s changed the e-mail address of %(subject)s."),
        ),
        AuditAction(
            "user.deactivate",
            gettext_noop("Account deactivated"),
            gettext_noop("%(actor)s deactivated %(subject)s."),
        ),
        AuditAction(
            "user.end_sign_ins",
            gettext_noop("Signed out everywhere"),
            gettext_noop("%(actor)s signed %(subject)s out everywhere."),
        ),
        AuditAction(
            "user.erase",
            gettext_noop("Account erased"),
            gettext_noop("%(actor)s erased %(subject)s."),
        ),
        AuditAction(
            "user.export",
            gettext_noop("Personal data downloaded"),
            gettext_noop("%(actor)s downloaded all data of %(subject)s."),
        ),
        AuditAction(
            "user.extra_time",
            gettext_noop("Extra time in all tests changed"),
            gettext_noop("%(actor)s changed the extra time of %(subject)s in all tests from %(old)s%% to %(new)s%%."),
        ),
        AuditAction(
            "user.reactivate",
            gettext_noop("Account reactivated"),
            gettext_noop("%(actor)s reactivated %(subject)s."),
        ),
        AuditAction(
            "user.reset_link",
            gettext_noop("Password link created"),
            gettext_noop("%(actor)s created a password link for %(subject)s."),
        ),
        AuditAction(
            "user.request_email",
            gettext_noop("E-mail address to be confirmed"),
            gettext_noop("%(actor)s entered a new e-mail address for %(subject)s, which has to be confirmed."),
        ),
        AuditAction(
            "user.set_role",
            gettext_noop("Role changed"),
            gettext_noop("%(actor)s changed the role of %(subject)s from %(old)s to %(new)s."),
        ),
    )
}

SUBJECT_LABELS = {
    "user": gettext_noop("Accounts"),
    "certificate": gettext_noop("Certificates"),
    "invitation": gettext_noop("Invitations"),
    "cohort": gettext_noop("Cohorts"),
    "assignment": gettext_noop("Assignments"),
    "attempt": gettext_noop("Reopened attempts"),
    "message": gettext_noop("Messages"),
    "mark": gettext_noop("Marks"),
    "question": gettext_noop("Corrections of questions"),
    "question_report": gettext_noop("Reports of questions"),
    "content": gettext_noop("The course"),
    "library": gettext_noop("Libraries"),
    "test": gettext_noop("Tests"),
}
"""The names of the families of actions on the log's page."""
