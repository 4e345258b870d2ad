"""The body map: by muscle (where is it said to send pain?) and by place (what could refer here?)."""

from __future__ import annotations

from flask import abort, render_template, request

from app.db import db
from app.learn import blueprint
from app.services.course import body_map as maps
from app.services.course import catalogue


@blueprint.get("/body-map")
def body_map() -> str:
    """The map, with the muscle or the place that the address names.

    :raise 404: no such muscle, no such place.
    """
    atlas = maps.get(db.session)
    muscle_id, place_id, query = (request.args.get(name, "").strip() for name in ("muscle", "place", "q"))
    muscle, place = atlas.muscles.get(muscle_id), atlas.zones.get(place_id)
    if (muscle_id and muscle is None) or (place_id and place is None):
        abort(404)
    is_by_place = muscle is None and (place is not None or request.args.get("by") == "place")
    return render_template(
        "learn/body_map.html",
        atlas=atlas,
        muscle=muscle,
        place=None if muscle else place,
        is_by_place=is_by_place,
        query=query,
        sections=atlas.list_places(query) if is_by_place else atlas.list_muscles(query),
        pictures=atlas.pictures(muscle or place),
        sources=catalogue.sources(db.session, muscle.sources).values() if muscle else [],
    )
