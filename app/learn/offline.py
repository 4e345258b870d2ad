"""Offline reading: the page that switches it on, the list of what a browser keeps, and the files it needs for this."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from flask import Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.db import db
from app.learn import blueprint
from app.server.version import VERSION
from app.services.course import body_map as maps
from app.services.course import glossary, leaflets, pictures
from app.services.course.memory import get_memory
from app.services.course.outline import get_outline
from app.services.course.red_flags import get_red_flags
from app.web import assets

_KEPT_FILES = (
    "css/app.css",
    "js/app.js",
    "vendor/htmx-2.0.11.min.js",
    "vendor/sortable-1.15.7.min.js",
    "icon.svg",
    "icons.svg",
    "body.svg",
)
"""What copies load beside the fonts. ``tests/web/test_offline.py`` compares them with the copies."""

_ICONS = (("192", "any"), ("512", "any"), ("maskable-512", "maskable"))
_LIGHT_PAGE = "#fbf9fa"


@blueprint.get("/offline")
def show_offline() -> str:
    """Show what can be kept for offline reading. Its copy is the page of whatever needs a connection."""
    return render_template(
        "learn/offline.html",
        outline=get_outline(db.session),
        leaflets=leaflets.list_leaflets(db.session),
        atlas=maps.get_atlas(db.session),
        terms=len(glossary.list_entries(db.session)),
        flags=get_red_flags(db.session),
    )


@blueprint.get("/offline/contents")
def list_kept_pages() -> ResponseReturnValue:
    """List the pages and files that a browser keeps for offline reading, as JSON for the service worker."""
    return jsonify(version=_get_version(), pages=list(_list_pages()), files=_list_files())


@blueprint.get("/offline/version")
def get_kept_version() -> ResponseReturnValue:
    """Return what changes with the copies: by it, the service worker finds that its own are outdated."""
    return jsonify(version=_get_version())


@blueprint.get("/service-worker.js")
def send_service_worker() -> ResponseReturnValue:
    """Send the service worker. Its address is that of the pages it may answer: all of them."""
    return Response((assets.STATIC / "js" / "service-worker.js").read_bytes(), mimetype="text/javascript")


@blueprint.get("/manifest.webmanifest")
def show_manifest() -> ResponseReturnValue:
    """Return the name, icons and colours with which a device installs Palpate."""
    icons = [
        {
            "src": assets.address(f"icons/icon-{name}.png"),
            "sizes": "{0}x{0}".format(name.rpartition("-")[2]),
            "type": "image/png",
            "purpose": purpose,
        }
        for name, purpose in _ICONS
    ]
    icons.append({"src": assets.address("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    reply = jsonify(
        id="/",
        name="Palpate",
        short_name="Palpate",
        description=_("Lessons and quizzes on musculoskeletal pain"),
        start_url="/",
        scope="/",
        display="standalone",
        background_color=_LIGHT_PAGE,
        theme_color=_LIGHT_PAGE,
        icons=icons,
    )
    reply.mimetype = "application/manifest+json"
    return reply


def _get_version() -> str:
    """Return a digest of all that copies depend on: the publication, the release, its styles and scripts, a setting."""
    files = tuple(map(assets.address, ("css/app.css", "js/app.js")))
    numbers = current_app.config["PALPATE"].emergency_number
    parts = (VERSION, files, numbers, get_memory(db.session).publication)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _list_pages() -> Iterator[str]:
    """Yield the addresses of the pages of the course that everybody sees alike. Libraries are private: none is here."""
    yield url_for("learn.show_offline")
    flags = get_red_flags(db.session)
    if flags is not None and flags.cards:
        yield url_for("learn.show_red_flags")
    outline = get_outline(db.session)
    for module in outline.modules:
        yield url_for("learn.show_module", slug=module.slug)
        for lesson in outline.by_module[module.id]:
            yield url_for("learn.show_lesson", slug=module.slug, lesson_slug=lesson.slug)
    yield url_for("learn.show_glossary")
    yield url_for("learn.list_leaflets")
    for leaflet in leaflets.list_leaflets(db.session):
        yield url_for("learn.show_leaflet", slug=leaflet.slug)
    yield from _list_map_pages()


def _list_map_pages() -> Iterator[str]:
    atlas = maps.get_atlas(db.session)
    yield url_for("learn.show_body_map")
    yield url_for("learn.show_body_map", by="place")
    for muscle in atlas.muscles:
        yield url_for("learn.show_body_map", muscle=muscle)
    for place in atlas.zones:
        yield url_for("learn.show_body_map", place=place)


def _list_files() -> list[str]:
    # Figures of lessons name the file of icons without its version.
    files = [*map(assets.address, (*_KEPT_FILES, *assets.list_fonts())), "/static/icons.svg"]
    return [*files, *pictures.list_shown(db.session)]
