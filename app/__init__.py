"""Palpate: a quiz-based learning-module server. :mod:`app.factory` wires it together."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(given: Settings | None = None) -> Flask:
    """Build the application; see :func:`app.factory.create_app`.

    The factory is imported when it is called: importing ``app.domain`` alone loads neither Flask nor the views.
    """
    from app.factory import create_app as build

    return build(given)


def create_app_or_exit(*, is_server: bool = False) -> Flask:
    """Build the application of this process. Exit with one line if a setting is wrong.

    A server also exits if its database is of a newer version; commands do not, because some of them repair that.
    """
    from app.db import db
    from app.server import logs, schema
    from app.settings import SettingError

    # The database, kept mails and backups hold personal data, so other users of the machine can't read new files.
    os.umask(0o077)
    try:
        app = create_app()
    except SettingError as error:
        sys.exit(_say(str(error)))
    if is_server:
        logs.configure(app.config["PALPATE"].log)
        with app.app_context():
            newer = schema.explain_newer(db.engine, app.config["MIGRATIONS"])
            db.engine.dispose()
        if newer:
            sys.exit(_say(newer))
    return app


def _say(reason: str) -> int:
    print(f"palpate: {reason}", file=sys.stderr)
    return 2
