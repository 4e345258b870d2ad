"""The audit log: who changed what, and when. It is append-only and stores ids and values, never names or tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from app.models import Attempt, AuditEvent, Learner, User
from app.models.folded import contains_words
from app.services.log import audit_messages, security_log, spreadsheet, subjects
from app.services.log.audit_actions import ACTIONS
from app.services.log.texts import Translate, keep_english

MAX_LATEST = 20
"""How many events of one subject a page shows."""

PAGE = 50

_BATCH_SIZE = 500
"""How many events an export holds in memory at a time."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event for display. ``actor`` is None if a command acted or the account was erased.

    ``says`` is the event as a sentence, ``about`` its subject by kind and id, ``rest`` the details not in the sentence.
    """

    id: int
    at: datetime
    actor: str | None
    action: str
    subject: str
    about: str
    says: str
    rest: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A search for events that match all given criteria.

    each word of ``person`` is part of the name or address of the actor or of a person affected. ``kind`` is an action or a family of
    actions (``user``). ``since`` is inclusive, ``until`` exclusive.
    """

    person: str = ""
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of events, latest first. ``older`` is the last event's id, from which the next page continues, or None."""

    entries: Sequence[AuditEntry]
    older: int | None


def record(session: Session, actor: User | None, action: str, subject: str, now: datetime, **details: object) -> None:
    """Record that ``actor`` (None for a command) did ``action`` to ``subject``, in the transaction of the action.

    :raise ValueError: ``learners`` is among the details although :data:`ACTIONS` says otherwise, or the reverse.
        Erasing a learner would miss the event.
    """
    if ("learners" in details) != ACTIONS[action].names_learners:
        raise ValueError(f"{action}: names_learners does not match the details")
    session.add(
        AuditEvent(at=now, actor_id=actor.id if actor else None, action=action, subject=subject, details=details)
    )
    if action in security_log.AUDITED:
        roles = {name: details[name] for name in ("old", "new") if action == "user.set_role"}
        security_log.record_on_commit(session, action, account=actor.id if actor else None, subject=subject, **roles)


def list_latest(session: Session, subject: str, translate: Translate = keep_english) -> Sequence[AuditEntry]:
    found = _select_newest_first(session, AuditQuery(subject=subject)).limit(MAX_LATEST)
    return _build_entries(session, found, translate)


def list_page(
    session: Session, query: AuditQuery, before: int | None = None, translate: Translate = keep_english
) -> Page:
    """Return a page of events, older than the event ``before`` if given.

    Pages continue from an event, not from an offset, so that the last page of 100,000 is as quick as the first.
    """
    found = _select_newest_first(session, query)
    if before is not None:
        found = found.where(_is_older(before))
    entries = _build_entries(session, found.limit(PAGE + 1), translate)
    return Page(entries[:PAGE], entries[PAGE - 1].id if len(entries) > PAGE else None)


def stream_csv(session: Session, query: AuditQuery) -> Iterator[str]:
    """Yield the events as CSV, latest first, reading a batch at a time. Times are in UTC, texts in English."""
    yield spreadsheet.BYTE_ORDER_MARK
    yield spreadsheet.format_line(["When (UTC)", "Who", "Action", "On what", "In words", "Details"])
    before: int | None = None
    while True:
        found = _select_newest_first(session, query).limit(_BATCH_SIZE)
        entries = _build_entries(session, found if before is None else found.where(_is_older(before)), keep_english)
        yield "".join(_format_csv(entry) for entry in entries)
        if len(entries) < _BATCH_SIZE:
            return
        before = entries[-1].id
        session.expunge_all()  # otherwise the session would keep the whole log in memory


def _format_csv(entry: AuditEntry) -> str:
    details = "; ".join(f"{name}: {value}" for name, value in entry.rest)
    at = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return spreadsheet.format_line([at, entry.actor or "", entry.action, entry.subject, entry.says, details])


def events_naming_learners(session: Session, learner_ids: Collection[int]) -> list[AuditEvent]:
    """List the events whose details name at least one of ``learner_ids`` in a list of learners."""
    actions = [action.name for action in ACTIONS.values() if action.names_learners]
    found = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id))
    wanted = set(learner_ids)
    return [event for event in found if wanted.intersection(event.details.get("learners", ()))]


def _select_newest_first(session: Session, query: AuditQuery) -> Select[AuditEvent, str]:
    found = (
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    if query.person:
        found = found.where(_is_about(session, query.person))
    if query.kind:
        # Listing the actions, instead of matching a prefix, uses an index.
        family = [action.name for action in ACTIONS.values() if action.family == query.kind]
        found = found.where(AuditEvent.action.in_(family or [query.kind]))
    if query.subject:
        found = found.where(AuditEvent.subject == query.subject)
    if query.since is not None:
        found = found.where(AuditEvent.at >= query.since)
    if query.until is not None:
        found = found.where(AuditEvent.at < query.until)
    return found


def _is_older(event_id: int) -> ColumnElement[bool]:
    """Whether an event comes after ``event_id`` on the page. Several events can have the same time."""
    at = select(AuditEvent.at).where(AuditEvent.id == event_id).scalar_subquery()
    # The first condition is redundant, but lets an index on the time find the first row.
    return and_(AuditEvent.at <= at, or_(AuditEvent.at < at, AuditEvent.id < event_id))


def _is_about(session: Session, person: str) -> ColumnElement[bool]:
    """Whether an event's actor or an affected person has this name or address."""
    is_named = contains_words(User.folded, person)
    accounts = select(User.id).where(is_named)
    if session.scalar(accounts.limit(1)) is None:
        return false()
    learners = select(Learner.id).join(User, User.id == Learner.user_id).where(is_named)
    listing = [event.id for event in events_naming_learners(session, session.scalars(learners).all())]
    return or_(
        AuditEvent.id.in_(listing),
        AuditEvent.actor_id.in_(accounts),
        AuditEvent.subject.in_(select(subjects.make_reference_column("user", User.id)).where(is_named)),
        AuditEvent.subject.in_(
            select(subjects.make_reference_column("attempt", Attempt.id)).where(Attempt.learner_id.in_(learners))
        ),
        AuditEvent.details["learner"].as_integer().in_(learners),
    )


def _build_entries(session: Session, found: Select[AuditEvent, str], translate: Translate) -> Sequence[AuditEntry]:
    rows = session.execute(found).all()
    names = audit_messages.resolve_names(session, [event for event, _ in rows], translate)
    return [
        AuditEntry(
            id=event.id,
            at=event.at,
            actor=actor,
            action=event.action,
            subject=event.subject,
            about=audit_messages.format_reference(event.subject, translate),
            says=audit_messages.format_sentence(event, actor, names, translate),
            rest=audit_messages.format_details(event, names, translate),
        )
        for event, actor in rows
    ]
