"""What a publication changes, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

CHANGE_LABELS = {
    "module added": _l("Modules added"),
    "module changed": _l("Modules changed"),
    "module retired": _l("Modules retired"),
    "objective added": _l("Objectives added"),
    "objective changed": _l("Objectives changed"),
    "objective retired": _l("Objectives retired"),
    "lesson added": _l("Lessons added"),
    "lesson changed": _l("Lessons changed"),
    "lesson retired": _l("Lessons retired"),
    "question added": _l("Questions added"),
    "question changed": _l("Questions changed"),
    "question retired": _l("Questions retired"),
    "question reworded": _l("Questions reworded"),
    "leaflet added": _l("Leaflets added"),
    "leaflet changed": _l("Leaflets changed"),
    "leaflet removed": _l("Leaflets removed"),
    "source added": _l("Sources added"),
    "source changed": _l("Sources changed"),
    "zone added": _l("Zones added"),
    "zone changed": _l("Zones changed"),
    "zone removed": _l("Zones removed"),
    "muscle added": _l("Muscles added"),
    "muscle changed": _l("Muscles changed"),
    "muscle removed": _l("Muscles removed"),
}
"""Labels of the kinds of changes that a publication stores."""
