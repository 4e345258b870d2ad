"""Render a leaflet for patients: Markdown as in lessons, with lists to tick and to fill in by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.content.blocks import Block
from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.lessons import NameMention, TextWriter
from app.content.prose import Citations, ProseReader
from app.content.schema import LeafletEntry
from app.domain.content import Leaflet

_BUTTON = re.compile(r'<button class="cite"[^>]*(aria-label="[^"]*")>(\d+)</button>')


@dataclass(frozen=True, slots=True)
class LeafletDraft:
    """A rendered leaflet with the names that :mod:`app.content.references` must resolve."""

    draft: Draft[LeafletEntry]
    leaflet: Leaflet
    cited: tuple[NameMention, ...]
    faults: tuple[Fault, ...]


def render_leaflet(draft: Draft[LeafletEntry], blocks: Sequence[Block], labels: Mapping[str, str]) -> LeafletDraft:
    """Render the blocks of a leaflet. ``labels`` are those of the sources by id."""
    writer = TextWriter(ProseReader(draft.place, Citations(labels)), figures={}, is_leaflet=True)
    for block in blocks:
        writer.write(block)
    cited = writer.prose.citations.first_lines
    if writer.words and not cited:
        writer.prose.fault(draft.place.line(), "leaflet", "the leaflet cites no source", "[@ID] after its claims")
    if not writer.words:
        writer.prose.fault(draft.place.line(), "leaflet", "the leaflet has no text", "a text below the head")
    html = "\n".join(part for part in writer.parts() if isinstance(part, str))
    leaflet = Leaflet(
        # A printed page has no buttons.
        html=_BUTTON.sub(r'<a class="leaflet__cite" href="#source-\2" \1>\2</a>', html),
        sources=tuple(cited),
        **draft.entry.model_dump(),
    )
    mentions = tuple(NameMention(name, line) for name, line in cited.items())
    return LeafletDraft(draft, leaflet, mentions, tuple(writer.prose.faults))
