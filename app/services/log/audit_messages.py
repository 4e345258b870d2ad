"""Texts of the audit log: a sentence for each event, with the names of its subjects.

Events are stored as values, so that each reader gets the sentence in their own language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import GradingMethod
from app.domain.correction import Remedy
from app.domain.release import ReleaseMoment
from app.models import (
    Assignment,
    Attempt,
    AuditEvent,
    Cohort,
    ComposedTest,
    Learner,
    Library,
    LibraryRole,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
    Role,
    User,
)
from app.services.log import subjects
from app.services.log.audit_actions import ACTIONS
from app.services.log.texts import Translate, gettext_noop, keep_english

NOBODY = gettext_noop("A command or a deleted account")
_ATTEMPT = gettext_noop("attempt %(number)s of %(name)s at %(title)s")
_NAMELESS = gettext_noop("a learner without an account")
_VERSION = gettext_noop("question %(slug)s (version %(number)s)")
_UNKNOWN = gettext_noop("%(actor)s did “%(action)s” to %(subject)s.")

_NOUNS = {
    "user": gettext_noop("account %(number)s"),
    "invitation": gettext_noop("invitation %(number)s"),
    "question_report": gettext_noop("report %(number)s"),
    "attempt": gettext_noop("attempt %(number)s"),
    "question_version": gettext_noop("question version %(number)s"),
    "learner": gettext_noop("learner %(number)s"),
    "cohort": gettext_noop("cohort %(number)s"),
    "assignment": gettext_noop("assignment %(number)s"),
    "content": gettext_noop("publication %(number)s"),
    "library": gettext_noop("library %(number)s"),
    "test": gettext_noop("test %(number)s"),
}
"""Kinds of subjects, for those that have no name."""

_WORDS = {
    Role.LEARNER.value: gettext_noop("learner"),
    Role.TRAINER.value: gettext_noop("trainer"),
    Role.ADMIN.value: gettext_noop("administrator"),
    LibraryRole.OWNER.value: gettext_noop("owner"),
    LibraryRole.EDITOR.value: gettext_noop("editor"),
    LibraryRole.READER.value: gettext_noop("reader"),
    Remedy.VOID.value: gettext_noop("left out of the score"),
    Remedy.CREDIT.value: gettext_noop("full points for everyone"),
    Remedy.ACCEPT.value: gettext_noop("another answer is accepted"),
    Remedy.WITHDRAW.value: gettext_noop("an earlier correction was undone"),
    ReleaseMoment.EACH_ANSWER.value: gettext_noop("after each answer"),
    ReleaseMoment.SUBMISSION.value: gettext_noop("after each attempt"),
    ReleaseMoment.LAST_ATTEMPT.value: gettext_noop("after the last attempt"),
    ReleaseMoment.CLOSING.value: gettext_noop("after the due date"),
    GradingMethod.BEST.value: gettext_noop("the best attempt"),
    GradingMethod.LATEST.value: gettext_noop("the latest attempt"),
}
"""Values of details in words."""

_NAMED = {
    "learner": "learner",
    "learners": "learner",
    "copied_from": "cohort",
    "user": "user",
    "trainer": "user",
    "cohort": "cohort",
    "assignment": "assignment",
}
"""Details that hold ids, with the kind of record they identify."""

_YES, _NO, _NOTHING = gettext_noop("yes"), gettext_noop("no"), gettext_noop("not set")

_INTERNAL = {"batch", "message", "revision", "key"}
"""Details for programs. The key of a correction is a document; the page of the correction shows it in words."""

_LABELS = {
    "extra_time_percent": gettext_noop("extra time in per cent"),
    "extra_attempts": gettext_noop("extra attempts"),
    "is_excused": gettext_noop("excused"),
    "due_at": gettext_noop("due"),
    "opens_at": gettext_noop("opens"),
    "due_local": gettext_noop("due (local time)"),
    "opens_local": gettext_noop("opens (local time)"),
    "attempts_allowed": gettext_noop("attempts"),
    "time_limit_minutes": gettext_noop("time limit in minutes"),
    "pass_mark_percent": gettext_noop("pass mark in per cent"),
    "asks_certainty": gettext_noop("asks for certainty"),
    "lessons_first": gettext_noop("lessons first"),
    "question_use": gettext_noop("questions"),
    "shuffles": gettext_noop("questions mixed"),
    "is_forward_only": gettext_noop("forward only"),
    "sections": gettext_noop("sections"),
    "questions": gettext_noop("number of questions"),
    "is_for_all": gettext_noop("for the whole cohort"),
    "counts": gettext_noop("attempt that counts"),
    "until": gettext_noop("until"),
    "note": gettext_noop("note"),
    "reason": gettext_noop("reason"),
    "time_zone": gettext_noop("time zone"),
    "title": gettext_noop("title"),
    "release_mark": gettext_noop("score shown"),
    "release_correctness": gettext_noop("right or wrong shown"),
    "release_key": gettext_noop("correct answers shown"),
    "release_explanation": gettext_noop("explanations shown"),
    "people": gettext_noop("number of people"),
    "lessons": gettext_noop("lessons"),
    "assignment": gettext_noop("in"),
    "changed": gettext_noop("marks changed"),
    "kept": gettext_noop("attempts that kept their marks"),
    "lowered": gettext_noop("passes taken away"),
    "may_lower": gettext_noop("passes may be taken away"),
    "correction": gettext_noop("correction"),
    "withdraws": gettext_noop("undone correction"),
    "invitation": gettext_noop("invitation"),
    "changes": gettext_noop("changes"),
    "anonymous": gettext_noop("names hidden while marking"),
    "second": gettext_noop("two markers"),
    "unfinished": gettext_noop("marks shown before all answers are marked"),
}
"""Details in words. Others are shown by their names."""

_OMITTED_IF_FALSE = {"extra_time_percent", "extra_attempts", "is_excused", "may_lower", "kept"}
"""Details that say nothing if they are zero or false."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*\+00:00")

Names = Mapping[str, str]


def format_sentence(event: AuditEvent, actor: str | None, names: Names, translate: Translate = keep_english) -> str:
    """Describe an event, as in ``Ada Min changed the role of Ilse Brandt from learner to trainer.``"""
    action = ACTIONS.get(event.action)
    facts = _SentenceValues(
        {name: _format_value(name, value, names, translate) for name, value in event.details.items()},
        actor=actor or translate(NOBODY),
        action=event.action,
        subject=format_subject(event.subject, names, translate),
    )
    return translate(action.sentence if action else _UNKNOWN) % facts


def format_details(event: AuditEvent, names: Names, translate: Translate = keep_english) -> list[tuple[str, str]]:
    """Return the names and values of the details not in the sentence, except empty and internal ones."""
    action = ACTIONS.get(event.action)
    sentence = action.sentence if action else ""
    return [
        (_format_label(name, translate), _format_value(name, value, names, translate))
        for name, value in event.details.items()
        if f"%({name})s" not in sentence and name not in _INTERNAL and not _is_nothing(name, value)
    ]


def _format_label(name: str, translate: Translate) -> str:
    return translate(_LABELS[name]) if name in _LABELS else name.replace("_", " ")


def _is_nothing(name: str, value: object) -> bool:
    """Whether a detail says that nothing was granted or set, which needs no words."""
    return value is None or value == "" or (name in _OMITTED_IF_FALSE and not value)


def format_subject(reference: str, names: Names, translate: Translate = keep_english) -> str:
    """Return the name of a subject if it has one, else its kind and id, such as ``invitation 5``."""
    return names.get(reference) or format_reference(reference, translate)


def format_reference(reference: str, translate: Translate = keep_english) -> str:
    """Return the kind and id of a subject: ``invitation 5``."""
    kind, number = subjects.parse_reference(reference)
    noun = translate(_NOUNS[kind]) if kind in _NOUNS else f"{kind.replace('_', ' ')} %(number)s"
    return (noun % {"number": "" if number is None else number}).strip()


def resolve_names(
    session: Session, events: Iterable[AuditEvent], translate: Translate = keep_english
) -> dict[str, str]:
    """Look up the names of everything that ``events`` refer to, by reference."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for event in events:
        for kind, number in [subjects.parse_reference(event.subject), *_list_references(event.details)]:
            if number is not None:
                wanted[kind].add(number)
    return {
        subjects.make_reference(kind, number): name
        for kind, look_up in _LOOK_UPS.items()
        if wanted[kind]
        for number, name in look_up(session, wanted[kind], translate)
    }


class _SentenceValues(dict[str, str]):
    """The values for a sentence. Details that an older event lacks are shown as an ellipsis."""

    def __missing__(self, name: str) -> str:
        return "…"


def _format_value(name: str, value: object, names: Names, translate: Translate) -> str:
    if name in _NAMED and isinstance(value, int):
        return format_subject(subjects.make_reference(_NAMED[name], value), names, translate)
    match value:
        case None | "":
            return translate(_NOTHING)
        case bool():
            return translate(_YES if value else _NO)
        case [old, new] if name not in _NAMED and not isinstance(old, (list, dict)):
            return " → ".join(_format_value("", one, names, translate) for one in (old, new))
        case list():
            return ", ".join(_format_value(name, one, names, translate) for one in value)
        case dict():
            return ", ".join(f"{key}: {_format_value(str(key), one, names, translate)}" for key, one in value.items())
        case float():
            return f"{value:g}"
        case str() if value in _WORDS:
            return translate(_WORDS[value])
        case _:
            return _MOMENT.sub(r"\1 \2 UTC", str(value))


def _list_references(details: object) -> list[tuple[str, int | None]]:
    if not isinstance(details, dict):
        return []
    return [
        (_NAMED[name], one)
        for name, value in details.items()
        if name in _NAMED
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, int) and not isinstance(one, bool)
    ]


def _name_users(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    return session.execute(select(User.id, User.name).where(User.id.in_(ids)))


def _name_learners(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    found = select(Learner.id, User.name).join(User, User.id == Learner.user_id)
    return session.execute(found.where(Learner.id.in_(ids)))


def _name_cohorts(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    return session.execute(select(Cohort.id, Cohort.title).where(Cohort.id.in_(ids)))


def _name_libraries(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    return session.execute(select(Library.id, Library.name).where(Library.id.in_(ids)))


def _name_tests(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    return session.execute(select(ComposedTest.id, ComposedTest.title).where(ComposedTest.id.in_(ids)))


def _name_assignments(session: Session, ids: set[int], _translate: Translate) -> Iterable[Any]:
    return session.execute(select(Assignment.id, Assignment.title).where(Assignment.id.in_(ids)))


def _name_attempts(session: Session, ids: set[int], translate: Translate) -> Iterable[Any]:
    rows = session.execute(
        select(Attempt.id, User.name, Attempt.number, func.coalesce(Assignment.title, ModuleRow.title))
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .where(Attempt.id.in_(ids))
    )
    text, nobody = translate(_ATTEMPT), translate(_NAMELESS)
    return (
        (attempt_id, text % {"number": number, "name": name or nobody, "title": title})
        for attempt_id, name, number, title in rows
    )


def _name_versions(session: Session, ids: set[int], translate: Translate) -> Iterable[Any]:
    rows = session.execute(
        select(QuestionVersion.id, QuestionRow.slug, QuestionVersion.number)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(QuestionVersion.id.in_(ids))
    )
    text = translate(_VERSION)
    return ((version_id, text % {"slug": slug, "number": number}) for version_id, slug, number in rows)


_LOOK_UPS: dict[str, Callable[[Session, set[int], Translate], Iterable[Any]]] = {
    "user": _name_users,
    "learner": _name_learners,
    "cohort": _name_cohorts,
    "assignment": _name_assignments,
    "library": _name_libraries,
    "test": _name_tests,
    "attempt": _name_attempts,
    "question_version": _name_versions,
}

_PERSONAL = ("user", "learner", "attempt")


def drop_personal_names(names: Names) -> Names:
    """Remove the names of people, for a document that must not mention other people."""
    return {
        reference: name for reference, name in names.items() if subjects.parse_reference(reference)[0] not in _PERSONAL
    }
