"""The body map, by muscle (where does it refer pain?) and by place (which muscles could refer pain here?)."""

from __future__ import annotations

from flask import abort, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.db import db
from app.domain.body_map import BodyArea, BodyPart, BodyView
from app.domain.learner_notes import TargetKind
from app.learn import blueprint
from app.learn.notes import make_note_form
from app.services.attempts import learner_notes
from app.services.attempts.note_targets import NoteTarget
from app.services.course import body_map as maps
from app.services.course import catalogue
from app.web.copies import is_copy
from app.web.identity import get_viewer

MAX_PLACES = 12
"""More than are ever close together on the figure."""

AREA_NAMES = {
    BodyArea.HEAD: _l("Head and neck"),
    BodyArea.SHOULDER: _l("Shoulder and arm"),
    BodyArea.BACK: _l("The back"),
    BodyArea.CHEST: _l("Chest and abdomen"),
    BodyArea.LEG: _l("Hip and leg"),
    BodyArea.FOOT: _l("Foot"),
}
_VIEW_NAMES = {
    BodyView.FRONT: _l("From the front"),
    BodyView.BACK: _l("From behind"),
    BodyView.SIDE: _l("Side of the head and neck"),
    BodyView.SOLE: _l("Sole of the right foot"),
}
_PART_NAMES = {
    BodyPart.HEAD_NECK: _l("Head and neck"),
    BodyPart.HEAD_SHOULDERS: _l("Head, neck and shoulders"),
    BodyPart.SHOULDER_TRUNK: _l("Shoulder and trunk"),
    BodyPart.SHOULDER_ARM: _l("Shoulder and arm"),
    BodyPart.ARM: _l("Arm"),
    BodyPart.ARM_HAND: _l("Arm and hand"),
    BodyPart.TRUNK: _l("Trunk"),
    BodyPart.TRUNK_HIP: _l("Trunk and hip"),
    BodyPart.HIP_THIGH: _l("Hip and thigh"),
    BodyPart.THIGH_KNEE: _l("Thigh and knee"),
    BodyPart.KNEE_LEG: _l("Knee and lower leg"),
    BodyPart.LEG_FOOT: _l("Lower leg and foot"),
}


def name_picture(picture: maps.MapPicture) -> str:
    if picture.part is None:
        return str(_VIEW_NAMES[picture.view])
    if picture.view is BodyView.FRONT:
        return _("%(part)s, front", part=_PART_NAMES[picture.part])
    return _("%(part)s, back", part=_PART_NAMES[picture.part])


@blueprint.get("/body-map")
def show_body_map() -> str:
    """Show the body map with the selected muscle or places. ``near`` says that the places are only the nearest ones.

    :raise 404: no such muscle or place.
    """
    atlas = maps.get_atlas(db.session)
    muscle_id, query = (request.args.get(name, "").strip() for name in ("muscle", "q"))
    place_ids = list(dict.fromkeys(filter(None, map(str.strip, request.args.getlist("place")))))
    muscle = atlas.muscles.get(muscle_id)
    is_unknown = any(place not in atlas.zones for place in place_ids) or (muscle_id and muscle is None)
    if is_unknown or len(place_ids) > MAX_PLACES:
        abort(404)
    target = NoteTarget(TargetKind.MUSCLE, muscle.id, muscle.name) if muscle else None
    places = [] if muscle else [atlas.zones[place] for place in place_ids]
    is_by_place = muscle is None and (bool(places) or request.args.get("by") == "place")
    # A copy is small, because many are kept: it leaves out what only a tap on the figure needs.
    pictures = atlas.pictures(muscle, places, has_regions=not is_copy())
    return render_template(
        "learn/body_map.html",
        atlas=atlas,
        muscle=muscle,
        own=learner_notes.view_notes(db.session, get_viewer().learner, target) if target else None,
        note_form=make_note_form(target) if target else None,
        places=places,
        is_near="near" in request.args,
        is_by_place=is_by_place,
        query=query,
        area_names=AREA_NAMES,
        name_picture=name_picture,
        sections=atlas.list_places(query) if is_by_place else atlas.list_muscles(query),
        pictures=pictures,
        outlines=maps.list_drawn_outlines(pictures) if is_copy() else atlas.outlines(),
        sources=catalogue.list_sources(db.session, muscle.sources).values() if muscle else [],
    )
