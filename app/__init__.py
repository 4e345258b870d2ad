"""Palpate: a quiz-based learning-module server. ``create_app`` is the whole wiring on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    accounts,
    admin,
    cli,
    clock,
    db,
    errors,
    health,
    jinja,
    learn,
    limits,
    local,
    mail,
    security,
    settings,
    teach,
)
from app.settings import ROOT, Settings


class _Application(Flask):
    """Flask, with an own way to log what broke.

    Every view and hook is a plain function: Flask would look at each of them, 16 a request, whether it is a coroutine.
    """

    def log_exception(self, exc_info: Any) -> None:
        errors.log_exception(self.logger, exc_info)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(given: Settings | None = None) -> Flask:
    """Build the application.

    :raise SettingError: see :func:`app.settings.load`.
    """
    chosen = given or settings.load()
    app = _Application(
        "app",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "app" / "static"),
        instance_path=str(chosen.data),
    )
    app.config.update(PALPATE=chosen, MIGRATIONS=ROOT / "migrations")
    if chosen.trusted_proxies:
        hops = chosen.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    app.url_map.converters["int"] = local.IdConverter
    clock.init_app(app)
    db.init_app(app, chosen.database_url)
    mail.init_app(app, chosen)
    jinja.init_app(app)
    security.init_app(app, chosen)
    errors.init_app(app)
    for audience in (health, learn, accounts, teach, admin):
        app.register_blueprint(audience.blueprint)
    limits.limit_views(app)
    cli.init_app(app)
    return app
