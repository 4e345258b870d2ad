"""The audit log: who changed what, and when. Append-only; it holds ids and values, never names, addresses or tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, or_, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Learner, User
from app.services import audit_words, spreadsheet

SHOWN = 20
"""How many of the latest events of one subject a page shows."""

PAGE = 50

_AT_ONCE = 500
"""How many events of a file are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as an administrator reads it; ``actor`` is None where a command acted or the account was erased.

    ``says`` is the whole event as a sentence, ``rest`` the details that it leaves out.
    """

    id: int
    at: datetime
    actor: str | None
    action: str
    subject: str
    says: str
    rest: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events are sought: everything that is given must hold.

    ``person`` is part of a name or address of whoever acted or was acted on. ``kind`` is an action, or a family of them (``user``).
    ``since`` and ``until`` bound the moment, the latter exclusively.
    """

    person: str = ""
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, the latest first. ``older`` is the id before which the next page begins, None on the last one."""

    entries: Sequence[Entry]
    older: int | None


def record(session: Session, actor: User | None, action: str, subject: str, now: datetime, **details: object) -> None:
    """Note that ``actor`` (None: a command) did ``action`` to ``subject``, in the transaction that does it."""
    session.add(
        AuditEvent(at=now, actor_id=actor.id if actor else None, action=action, subject=subject, details=details)
    )


def list_latest(session: Session, subject: str) -> Sequence[Entry]:
    """The latest events of one subject."""
    return _entries(session, _newest_first(session, Sought(subject=subject)).limit(SHOWN))


def list_page(session: Session, sought: Sought, before: int | None = None) -> Page:
    """A page of events, older than the event ``before`` where that is given; at most nine statements.

    Pages go on from an event and not from a count, so that the last page of 100,000 is as quick as the first.
    """
    found = _newest_first(session, sought)
    if before is not None:
        found = found.where(_is_older(before))
    entries = _entries(session, found.limit(PAGE + 1))
    return Page(entries[:PAGE], entries[PAGE - 1].id if len(entries) > PAGE else None)


def csv_lines(session: Session, sought: Sought) -> Iterator[str]:
    """The events as CSV, the latest first, read some at a time; times are UTC."""
    yield spreadsheet.BYTE_ORDER_MARK
    yield spreadsheet.line(["When (UTC)", "Who", "Action", "On what", "In words", "Details"])
    before: int | None = None
    while True:
        found = _newest_first(session, sought).limit(_AT_ONCE)
        entries = _entries(session, found if before is None else found.where(_is_older(before)))
        yield "".join(_csv_line(entry) for entry in entries)
        if len(entries) < _AT_ONCE:
            return
        before = entries[-1].id
        session.expunge_all()  # a long log would else be kept whole


def _csv_line(entry: Entry) -> str:
    details = "; ".join(f"{name}: {value}" for name, value in entry.rest)
    at = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return spreadsheet.line([at, entry.actor or "", entry.action, entry.subject, entry.says, details])


def list_listing(session: Session, learner_ids: Collection[int]) -> list[AuditEvent]:
    """The events whose details list several learners, at least one of ``learner_ids`` among them."""
    actions = [action for action, words in audit_words.SENTENCES.items() if "{learners}" in words]
    found = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id))
    wanted = set(learner_ids)
    return [event for event in found if wanted.intersection(event.details.get("learners", ()))]


def _newest_first(session: Session, sought: Sought) -> Select[AuditEvent, str]:
    found = (
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    if sought.person:
        found = found.where(_is_about(session, sought.person))
    if sought.kind:
        # By its actions and not by how they begin: that an index can answer.
        family = [action for action in audit_words.SENTENCES if action.startswith(f"{sought.kind}.")]
        found = found.where(AuditEvent.action.in_(family or [sought.kind]))
    if sought.subject:
        found = found.where(AuditEvent.subject == sought.subject)
    if sought.since is not None:
        found = found.where(AuditEvent.at >= sought.since)
    if sought.until is not None:
        found = found.where(AuditEvent.at < sought.until)
    return found


def _is_older(event_id: int) -> ColumnElement[bool]:
    """Whether an event comes after ``event_id`` in the order of the page, where several can be of one moment."""
    at = select(AuditEvent.at).where(AuditEvent.id == event_id).scalar_subquery()
    # Said so that an index over the moment leads to the first of them.
    return and_(AuditEvent.at <= at, or_(AuditEvent.at < at, AuditEvent.id < event_id))


def _is_about(session: Session, person: str) -> ColumnElement[bool]:
    """Whether somebody of this name or address acted, or was acted on."""
    is_named = or_(User.name.icontains(person, autoescape=True), User.email.icontains(person, autoescape=True))
    accounts = select(User.id).where(is_named)
    if session.scalar(accounts.limit(1)) is None:
        return false()
    learners = select(Learner.id).join(User, User.id == Learner.user_id).where(is_named)
    listing = [event.id for event in list_listing(session, session.scalars(learners).all())]
    return or_(
        AuditEvent.id.in_(listing),
        AuditEvent.actor_id.in_(accounts),
        AuditEvent.subject.in_(select("user:" + cast(User.id, String)).where(is_named)),
        AuditEvent.details["learner"].as_integer().in_(learners),
    )


def _entries(session: Session, found: Select[AuditEvent, str]) -> Sequence[Entry]:
    rows = session.execute(found).all()
    names = audit_words.resolve(session, [event for event, _ in rows])
    return [
        Entry(
            id=event.id,
            at=event.at,
            actor=actor,
            action=event.action,
            subject=event.subject,
            says=audit_words.sentence(event, actor, names),
            rest=audit_words.rest(event, names),
        )
        for event, actor in rows
    ]
