"""Who may do what: every predicate by name. Views, services and templates call the same ones."""

from __future__ import annotations

from dataclasses import dataclass

from app.models import Learner, Role, User


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever sends the request: a visitor (neither), a guest (a learner alone) or a person with an account (both)."""

    user: User | None = None
    learner: Learner | None = None

    @property
    def is_guest(self) -> bool:
        return self.user is None and self.learner is not None


VISITOR = Viewer()


def may_take_test(viewer: Viewer) -> bool:
    """A test's result belongs to somebody: it needs an account. Practice doesn't."""
    return viewer.user is not None


def may_teach(viewer: Viewer) -> bool:
    return viewer.user is not None and viewer.user.role in (Role.TRAINER, Role.ADMIN)


def may_administer(viewer: Viewer) -> bool:
    return viewer.user is not None and viewer.user.role is Role.ADMIN
