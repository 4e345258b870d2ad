"""Leaflets for patients, to print."""

from __future__ import annotations

from flask import abort, current_app, render_template

from app.db import db
from app.learn import blueprint
from app.services.course import leaflets


@blueprint.get("/leaflets")
def list_leaflets() -> str:
    """List the leaflets for patients."""
    return render_template("learn/leaflets.html", leaflets=leaflets.list_leaflets(db.session))


@blueprint.get("/leaflets/<slug>")
def show_leaflet(slug: str) -> str:
    """Show a leaflet for patients, to print on one page.

    :raise 404: no such leaflet.
    """
    leaflet = leaflets.get_leaflet(db.session, slug)
    if leaflet is None:
        abort(404)
    numbers = current_app.config["PALPATE"].emergency_number
    return render_template("learn/leaflet.html", leaflet=leaflet, numbers=numbers)
