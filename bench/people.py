"""Learners created through the services, and their browsers' cookies."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import User
from app.services.people import sign_ins, users
from app.settings import Settings
from app.web.identity import hash_token


def sign_in_learners(settings: Settings, count: int, *, prefix: str = "learner") -> list[str]:
    """Create ``count`` signed-in learners with accounts. Return the ``Cookie`` header of each."""
    app = create_app(settings)
    with app.app_context():
        cookies = [_learner(app, db.session, f"{prefix}-{number}") for number in range(1, count + 1)]
        db.session.commit()
        db.session.close()
        db.engine.dispose()
    return cookies


def _learner(app: Flask, session: Session, name: str) -> str:
    now = datetime.now(UTC)
    user = users.add(session, name=name, email=f"{name}@example.org", password_hash="!", now=now)
    learner = sign_ins.assign_learner(session, user, None, "Europe/Berlin", now)
    sign_ins.start(session, hash_token(name), learner, user, now)
    return session_cookie(app, user, name)


def session_cookie(app: Flask, user: User, token: str) -> str:
    """Return the ``Cookie`` header of a browser with the sign-in of ``token``."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie: str = signer.dumps({"_user_id": user.fs_uniquifier, "_fresh": True, "sign_in": token})
    return f"{app.config['SESSION_COOKIE_NAME']}={cookie}"
