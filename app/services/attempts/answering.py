"""Answering questions of an attempt. Saved answers are never lost, and repeated requests have no effect."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain import navigation
from app.domain.attempt import AnswerFinal, AttemptClosed, InvalidAnswer, QuestionPassed, TooManyChanges
from app.domain.kinds import Fields, Response
from app.domain.paper import PaperItem
from app.domain.question import QuestionText
from app.domain.scope import REVIEW
from app.services.attempts import answer_log, attempts, cards
from app.services.attempts.answer_log import StoredAnswer
from app.services.attempts.attempts import OwnAttempt
from app.services.course import catalogue
from app.services.marking import submission


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """The data that a page sends for one question. ``certainty`` and ``is_flagged`` are None if the form lacks them."""

    fields: Fields = field(default_factory=dict)
    is_cleared: bool = False
    revision: int = 0
    save_id: str = ""
    certainty: int | None = None
    is_flagged: bool | None = None


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """A change that is stored, by this request or an earlier one."""

    revision: int
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerConflict:
    """A change rejected because its page showed an older revision. ``item`` holds the stored answer."""

    item: PaperItem
    wanted: Response | None


def record_answer(
    session: Session, loaded: OwnAttempt, item: PaperItem, change: AnswerChange, now: datetime
) -> SavedAnswer | AnswerConflict:
    """Store the answer to one question, unless the page showed an outdated one. Storing it again changes nothing.

    ``now`` is when the request arrived. ``loaded`` must be locked (:func:`app.services.attempts.attempts.get_for`). If
    the attempt checks each answer, a new answer is marked at once and is final.

    :raise AttemptClosed: the attempt is submitted, or its time is up.
    :raise AnswerFinal: a different answer was already checked.
    :raise QuestionPassed: the test goes forward only, and the learner has gone on from the question.
    :raise TooManyChanges: the answer was changed very often.
    :raise InvalidAnswer: the answer does not fit the question, is incomplete although it is to be checked, or the test
        goes forward only and the question is still ahead.
    """
    if not attempts.is_open(loaded.attempt, now):
        raise AttemptClosed
    _require_reached(loaded, item)  # before reading the answer, as its errors are shown beside the question
    shown = catalogue.get_texts(session, [item.version_id])[item.version_id]
    response = _read(shown, item, change)
    if _is_same(item, response, change):
        _flag(session, item, change)
        return SavedAnswer(item.revision, item.saved_at)
    _require_not_passed(loaded, item)
    if change.revision != item.revision:
        # So is a repeated save that was replaced since: its page would show "saved" for an answer that does not count.
        return AnswerConflict(item, response)
    if item.revision >= shown.kind.max_revisions:
        raise TooManyChanges
    checks_each = loaded.attempt.checks_each
    if checks_each and item.response is not None and _is_whole(shown, item.response):
        raise AnswerFinal
    is_checked = checks_each and _is_whole(shown, response)
    if is_checked:
        shown.kind.check_complete(shown, response)
    _store(session, item, response, change, now)
    if is_checked and response is not None:
        submission.write_marks(session, loaded.attempt, [item], now, is_corrected=item.position in loaded.corrected)
        if loaded.attempt.scope == REVIEW:
            cards.update_cards(session, loaded.attempt.learner_id, now)
    return SavedAnswer(item.revision, now)


def _require_reached(loaded: OwnAttempt, item: PaperItem) -> None:
    if loaded.attempt.is_forward_only and item.position > loaded.attempt.furthest:
        raise InvalidAnswer


def _require_not_passed(loaded: OwnAttempt, item: PaperItem) -> None:
    if loaded.attempt.is_forward_only and item.position < loaded.attempt.furthest:
        raise QuestionPassed


def go_on(loaded: OwnAttempt, item: PaperItem) -> None:
    """Leave a question. In a test that goes forward only, that opens the next one and closes this one."""
    attempt = loaded.attempt
    if attempt.is_forward_only:
        attempt.furthest = navigation.go_on(item.position, attempt.furthest, len(loaded.items))


def may_open(session: Session, loaded: OwnAttempt, item: PaperItem) -> bool:
    """Return whether a question of an open attempt may be shown now."""
    attempt = loaded.attempt
    if not attempt.is_forward_only:
        return True
    shown = catalogue.get_texts(session, [item.version_id])[item.version_id]
    is_final = attempt.checks_each and item.response is not None and _is_whole(shown, item.response)
    return navigation.may_open(item.position, attempt.furthest, is_final=is_final)


def _is_whole(shown: QuestionText, response: Response | None) -> bool:
    """Return whether no further step of the answer is left."""
    return shown.kind.get_next_step(shown, response) is None


def _read(shown: QuestionText, item: PaperItem, change: AnswerChange) -> Response | None:
    if change.is_cleared:
        return shown.kind.clear(shown, item.response)
    was_shown = change.revision > 0
    return shown.kind.read(shown, item.option_order, change.fields, item.response, was_shown=was_shown)


def _is_same(item: PaperItem, response: Response | None, change: AnswerChange) -> bool:
    certainty = change.certainty if change.certainty is not None else item.certainty
    return response == item.response and (response is None or certainty == item.certainty)


def _store(session: Session, item: PaperItem, response: Response | None, change: AnswerChange, now: datetime) -> None:
    certainty = None if response is None else change.certainty if change.certainty is not None else item.certainty
    flagged = item.is_flagged if change.is_flagged is None else change.is_flagged
    answer = StoredAnswer(item.revision + 1, response, certainty, is_flagged=flagged, saved_at=now)
    answer_log.write(session, item, answer, change.save_id or secrets.token_hex(8))


def _flag(session: Session, item: PaperItem, change: AnswerChange) -> None:
    if change.is_flagged is not None and change.is_flagged != item.is_flagged:
        answer_log.flag(session, item, is_flagged=change.is_flagged)
