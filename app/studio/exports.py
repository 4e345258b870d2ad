"""Export the questions of a library to the formats of other systems."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.content.material import Material
from app.db import db
from app.interchange.bank import WrittenBank
from app.interchange.course import build_bank
from app.interchange.formats import BankFormat, get_format, list_formats
from app.services.libraries import imports
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.libraries import get_library_or_404
from app.web.access import trainers_only
from app.web.downloads import attachment

MAX_SHOWN = 200
"""How many questions the page lists."""


@blueprint.get("/<slug>/export")
@trainers_only
def show_export(slug: str) -> ResponseReturnValue:
    """Show the formats, and for the chosen one what it cannot hold."""
    opened = get_library_or_404(slug)
    material, chosen, modules = _read_query(opened)
    written = _write(material, chosen, modules) if chosen else None
    noted = [item for item in written.bank.items if item.notes] if written else []
    return render_template(
        "studio/export.html",
        opened=opened,
        formats=[one for one in list_formats() if one.write],
        titles={name: module.head.entry.title for name, module in material.modules.items() if module.head},
        questions=sum(len(module.questions) for module in material.modules.values()),
        chosen=chosen,
        modules=modules,
        written=written,
        count=sum(not item.is_refused for item in written.bank.items) if written else 0,
        left_out=[item for item in noted if item.is_refused],
        changed=[item for item in noted if not item.is_refused],
        most=MAX_SHOWN,
    )


@blueprint.get("/<slug>/export/file")
@trainers_only
def download_export(slug: str) -> ResponseReturnValue:
    """Send the questions in the chosen format."""
    opened = get_library_or_404(slug)
    material, chosen, modules = _read_query(opened)
    if chosen is None:
        return show_export(slug)
    data = _write(material, chosen, modules).data
    return attachment(data, "application/octet-stream", f"{opened.library.slug}{chosen.suffixes[0]}")


def _read_query(opened: OpenLibrary) -> tuple[Material, BankFormat | None, list[str]]:
    """Return what the library holds, the format if it can be written, and the modules: all if none is chosen."""
    material = imports.read_library(db.session, opened.library)
    chosen = get_format(request.args.get("format", ""))
    known = [name for name in request.args.getlist("module") if name in material.modules]
    return material, chosen if chosen and chosen.write else None, known or list(material.modules)


def _write(material: Material, chosen: BankFormat, modules: list[str]) -> WrittenBank:
    assert chosen.write is not None
    return chosen.write(build_bank(material, modules=modules))
