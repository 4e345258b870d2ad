"""What a new server still needs before a course can start, computed from its real state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.models import Cohort, Invitation, Role, User
from app.services.reporting import server_health
from app.settings import Settings


class SetupStep(StrEnum):
    """A step of the checklist for a first administrator, in order."""

    MAIL = "mail"
    BACKUP = "backup"
    SECOND_ADMIN = "second_admin"
    TRAINER = "trainer"
    COHORT = "cohort"


def list_steps(session: Session, settings: Settings, now: datetime) -> Mapping[SetupStep, bool]:
    """Return whether each step is done."""
    made = server_health.find_latest_backup(settings)
    admins, trainers = session.execute(
        select(
            func.count(User.id).filter(User.role == Role.ADMIN), func.count(User.id).filter(User.role == Role.TRAINER)
        ).where(User.active)
    ).one()
    return {
        SetupStep.MAIL: urlsplit(settings.mail).scheme in ("smtp", "smtps"),
        SetupStep.BACKUP: made is not None and now - made <= server_health.BACKUP_MAX_AGE,
        SetupStep.SECOND_ADMIN: admins > 1,
        SetupStep.TRAINER: trainers > 0 or _has_invited_trainer(session, now),
        SetupStep.COHORT: session.scalar(select(Cohort.id).limit(1)) is not None,
    }


def is_done(session: Session, settings: Settings, now: datetime) -> bool:
    return all(list_steps(session, settings, now).values())


def _has_invited_trainer(session: Session, now: datetime) -> bool:
    invited = select(Invitation.id).where(
        Invitation.role == Role.TRAINER,
        Invitation.withdrawn_at.is_(None),
        or_(Invitation.used_at.is_not(None), Invitation.expires_at > now),
    )
    return session.scalar(invited.limit(1)) is not None
