"""The application factory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix

from app import accounts, admin, cli, clock, db, learn, settings, studio, teach
from app.server import health
from app.server.requests import PROBES, RequestLog
from app.settings import ROOT, Settings
from app.web import assets, copies, errors, limits, mail, security, storage_limits, templating, translation, urls
from app.web.page_templates import LanguageEnvironment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.routing import MapAdapter


class _Application(Flask):
    """Flask with its own error log, an answer of last resort, and without the check for coroutines.

    All views and hooks are plain functions. Flask would check each of them on every request, about 16 times.
    """

    jinja_environment = LanguageEnvironment  # type: ignore[assignment]

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, even if its error page or the end of its context fails."""
        try:
            return super().wsgi_app(environ, start_response)
        except Exception as error:
            if self.config["PROPAGATE_EXCEPTIONS"] or self.debug:
                raise
            self.logger.error("no error page: %s", type(error).__name__)
            with self.app_context():
                return errors.answer_without_application(error, environ, start_response)

    def log_exception(self, exc_info: Any) -> None:
        errors.log_exception(self.logger, exc_info)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Let probes use any Host: they ask one machine of several by its address, and their answers have no links."""
        if request is not None and request.path in PROBES:
            return self.url_map.bind_to_environ(request.environ)
        return super().create_url_adapter(request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(given: Settings | None = None) -> Flask:
    """Build the application.

    :raise SettingError: see :func:`app.settings.load_settings`.
    """
    chosen = given or settings.load_settings()
    app = _Application(
        "app",
        template_folder=str(ROOT / "templates"),
        static_folder="static",
        instance_path=str(chosen.data),
    )
    app.config.update(PALPATE=chosen, MIGRATIONS=ROOT / "migrations")
    if chosen.trusted_proxies:
        hops = chosen.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    app.wsgi_app = RequestLog(  # type: ignore[method-assign]
        app.wsgi_app, trusts_proxy=chosen.trusted_proxies > 0, answer_endpoint="learn.save_answer"
    )

    app.url_map.converters["int"] = urls.IdConverter
    clock.init_app(app)
    db.init_app(app, chosen)
    mail.init_app(app, chosen)
    templating.init_app(app)
    translation.init_app(app, chosen)
    copies.init_app(app)
    assets.init_app(app)
    security.init_app(app, chosen)
    accounts.init_app(app, chosen)
    errors.init_app(app)
    for audience in (health, learn, accounts, teach, studio, admin):
        app.register_blueprint(audience.blueprint)
    accounts.wrap_views(app)
    limits.limit_views(app)
    storage_limits.limit_storage(app)
    cli.init_app(app)
    return app
