"""The audit log in words: one plain sentence for each action that is recorded, and the names of what it was done to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, AuditEvent, Cohort, Learner, Role, User

NOBODY = "A command, or somebody whose account was erased,"

SENTENCES: dict[str, str] = {
    "assignment.create": "set {subject} (module {module}) for {cohort}",
    "assignment.change_grant": "changed an exception in {subject} for {learners}",
    "assignment.delete": "deleted {subject} (module {module}) of {cohort}, which nobody had begun",
    "assignment.edit": "changed the terms of {subject}",
    "assignment.extra_time": "gave {learner} {percent} % more time in {subject}",
    "assignment.grant": "granted an exception in {subject} to {learners}",
    "assignment.set_again": "set {subject} again",
    "assignment.take_back": "took back an exception in {subject} from {learners}",
    "assignment.withdraw": "withdrew {subject}",
    "cohort.add_trainer": "became a trainer of {subject}",
    "cohort.archive": "archived {subject}",
    "cohort.copy": "made {subject} as a copy of {copied_from}, with assignments: {assignments}",
    "cohort.create": "made {subject}",
    "cohort.edit": "changed the settings of {subject}",
    "cohort.invite": "invited people to {subject}: {people}",
    "cohort.invite_trainer": "invited somebody to teach {subject}",
    "cohort.keep_open": "set until when people can join {subject}",
    "cohort.readmit_learner": "took {learner} back into {subject}",
    "cohort.remove_learner": "removed {learner} from {subject}",
    "cohort.remove_trainer": "took the teaching of {subject} from {user}",
    "cohort.renew_invitations": "renewed the open invitations to {subject}: {people}",
    "cohort.restore": "took {subject} out of the archive",
    "cohort.renew_code": "renewed the join code of {subject}",
    "content.publish": "published the course",
    "invitation.accept": "took up {subject} as {user}",
    "invitation.create": "made {subject} for the role {role}",
    "invitation.renew": "renewed {subject} to {cohort}",
    "invitation.withdraw": "withdrew {subject}",
    "mark.change": "changed the mark of question {position} in {subject} from {old} to {new} of {of}",
    "question.correct": "corrected {subject}: {remedy}",
    "question_report.reply": "replied to {subject}",
    "user.change_email": "changed the e-mail address of {subject}",
    "user.deactivate": "deactivated {subject}",
    "user.erase": "erased the person who was {subject}",
    "user.export": "saved all data of {subject} as a file",
    "user.extra_time": "changed the extra time of {subject} everywhere from {old} % to {new} %",
    "user.reactivate": "let {subject} sign in again",
    "user.reset_link": "made a password reset link for {subject}",
    "user.set_role": "changed the role of {subject} from {old} to {new}",
}
"""By action, what the actor did. In braces: the subject, and details of the event. What a sentence leaves out stands below it."""

KINDS = {
    "user": "Accounts",
    "invitation": "Invitations",
    "cohort": "Cohorts",
    "assignment": "Assignments",
    "mark": "Marks",
    "question": "Corrections of questions",
    "question_report": "Reports of questions",
    "content": "The course",
}
"""The families of actions: what stands before the dot."""

_ROLES = {Role.LEARNER.value: "learner", Role.TRAINER.value: "trainer", Role.ADMIN.value: "administrator"}
_NOUNS = {
    "user": "account",
    "invitation": "invitation",
    "question_report": "the report",
    "attempt": "attempt",
    "question_version": "question version",
    "learner": "learner",
    "cohort": "cohort",
    "assignment": "assignment",
    "content": "publication",
}
_NAMED = {
    "learner": "learner",
    "learners": "learner",
    "copied_from": "cohort",
    "user": "user",
    "trainer": "user",
    "cohort": "cohort",
    "assignment": "assignment",
}
"""Details that hold the id, or ids, of something that has a name."""

Names = Mapping[str, str]


def sentence(event: AuditEvent, actor: str | None, names: Names) -> str:
    """``Ada Min changed the role of Ilse Brandt from learner to trainer.``"""
    pattern = SENTENCES.get(event.action, f"did “{event.action}” to {{subject}}")
    facts = _Facts(_words(event.details, names), subject=subject(event.subject, names))
    return f"{actor or NOBODY} {pattern.format_map(facts)}."


def title(action: str) -> str:
    """What an action is called in a list: ``Account: change email``."""
    family, _, verb = action.partition(".")
    return f"{family.replace('_', ' ').capitalize()}: {verb.replace('_', ' ')}"


def rest(event: AuditEvent, names: Names) -> list[tuple[str, str]]:
    """The details that the sentence leaves out, as name and value in words."""
    told = SENTENCES.get(event.action, "")
    words = _words(event.details, names)
    return [(name.replace("_", " "), value) for name, value in words.items() if f"{{{name}}}" not in told]


def subject(reference: str, names: Names) -> str:
    """What something is called: by its name where it has one, else as ``invitation 5``."""
    if reference in names:
        return names[reference]
    kind, _, number = reference.partition(":")
    return f"{_NOUNS.get(kind, kind.replace('_', ' '))} {number}".strip()


def resolve(session: Session, events: Iterable[AuditEvent]) -> dict[str, str]:
    """The names of everything that ``events`` refer to: one statement for each kind of thing, four at most."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for event in events:
        for kind, number in [_parts(event.subject), *_referred(event.details)]:
            if number is not None:
                wanted[kind].add(number)
    return {
        f"{kind}:{number}": name
        for kind, look_up in _LOOK_UPS.items()
        if wanted[kind]
        for number, name in look_up(session, wanted[kind])
    }


class _Facts(dict[str, str]):
    """What a sentence may name; a detail that an older event lacks is left open."""

    def __missing__(self, name: str) -> str:
        return "…"


def _words(details: Mapping[str, object], names: Names) -> dict[str, str]:
    return {name: _value(name, value, names) for name, value in details.items()}


def _value(name: str, value: object, names: Names) -> str:
    if name in _NAMED and isinstance(value, int):
        return subject(f"{_NAMED[name]}:{value}", names)
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case [old, new] if name not in _NAMED and not isinstance(old, (list, dict)):
            return f"{_value('', old, names)} → {_value('', new, names)}"
        case list():
            return ", ".join(_value(name, one, names) for one in value)
        case dict():
            return ", ".join(f"{key}: {_value(str(key), one, names)}" for key, one in value.items())
        case _:
            return _ROLES.get(str(value), str(value))


def _parts(reference: str) -> tuple[str, int | None]:
    kind, _, number = reference.partition(":")
    return kind, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _referred(details: object) -> list[tuple[str, int | None]]:
    if not isinstance(details, dict):
        return []
    return [
        (_NAMED[name], one)
        for name, value in details.items()
        if name in _NAMED
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, int) and not isinstance(one, bool)
    ]


def _users(session: Session, ids: set[int]) -> Iterable[Any]:
    return session.execute(select(User.id, User.name).where(User.id.in_(ids)))


def _learners(session: Session, ids: set[int]) -> Iterable[Any]:
    found = select(Learner.id, User.name).join(User, User.id == Learner.user_id)
    return session.execute(found.where(Learner.id.in_(ids)))


def _cohorts(session: Session, ids: set[int]) -> Iterable[Any]:
    return session.execute(select(Cohort.id, Cohort.title).where(Cohort.id.in_(ids)))


def _assignments(session: Session, ids: set[int]) -> Iterable[Any]:
    return session.execute(select(Assignment.id, Assignment.title).where(Assignment.id.in_(ids)))


_LOOK_UPS: dict[str, Callable[[Session, set[int]], Iterable[Any]]] = {
    "user": _users,
    "learner": _learners,
    "cohort": _cohorts,
    "assignment": _assignments,
}
