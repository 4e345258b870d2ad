"""Pointing at a region of one of the module's drawings, or of the body map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.content.faults import Fault, FileLocation
from app.content.figures import Figure, render_region_svg
from app.content.interactions import EntryInteraction, Note, Severity
from app.content.kinds.base import MapParts, QuestionEntry, QuestionParts, check_repeated
from app.content.kinds.map_pictures import MapEntry, RegionOptionEntry, check_map_question, render_map_svg
from app.content.schema import Id
from app.content.yaml_nodes import Plain
from app.domain.kinds.region import RegionKey


class RegionEntry(QuestionEntry):
    kind: Literal["region"]
    options: list[RegionOptionEntry] = Field(min_length=2, max_length=12)
    picture: Id | None = None
    map: MapEntry | None = None

    @classmethod
    def begin(cls) -> dict[str, Plain]:
        return {"options": [{}, {}, {}]}

    @property
    def is_markable(self) -> bool:
        return 0 < sum(option.correct for option in self.options) < len(self.options)

    @property
    def choice_texts(self) -> Sequence[str]:
        return [option.text for option in self.options]

    @property
    def figure_names(self) -> Sequence[str]:
        return [self.picture] if self.picture else []

    def faults(self, place: FileLocation) -> Iterator[Fault]:
        if not (self.picture or self.map):
            expected = f"a field `picture` with `kind: {self.kind}`"
            yield place.fault("missing", "`picture` is missing", expected=expected)
        if self.picture and self.map:
            yield place.fault("unknown-field", "`picture` and `map` exclude each other", "map", expected="one of them")
        right = sum(option.correct for option in self.options)
        if not right:
            yield place.fault("no-key", "no option is correct", "options", expected="`correct: true` on the right one")
        elif right == len(self.options):
            yield place.fault("key", "every region is correct", "options", expected="a region that is wrong")
        yield from check_repeated(place, "options", "text", self.choice_texts)
        for at, option in enumerate(self.options):
            if option.region is None:
                yield place.fault("missing", "the option names no region", "options", at, expected="a line `region: …`")
            if option.near and option.correct:
                message = "an option cannot be both right and near"
                yield place.fault("key", message, "options", at, "near", expected="one of them")
        yield from check_repeated(place, "options", "region", [option.region or "" for option in self.options])
        yield from super().faults(place)

    def reference_faults(
        self, place: FileLocation, figures: Mapping[str, Figure | None], parts: MapParts | None
    ) -> Iterator[Fault]:
        if self.picture is not None:
            yield from self._picture_faults(place, self.picture, figures)
        if self.map is not None and parts:  # faults of the map are not repeated for every question
            yield from check_map_question(place, self.stem, self.map, self.options, parts)

    def _picture_faults(self, place: FileLocation, name: str, figures: Mapping[str, Figure | None]) -> Iterator[Fault]:
        """Check the drawing: each option must be a region with a letter, and each region an option."""
        if name not in figures:
            message = f"the module has no figure `{name}`"
            yield place.fault("missing-figure", message, "picture", expected="a file figures/<name>.svg")
            return
        figure = figures[name]
        if figure is None:
            return  # the faults of the drawing are already reported
        for at, region in enumerate(option.region for option in self.options):
            spot = ("options", at, "region")
            if region and region not in figure.regions:
                expected = "one of " + ", ".join(sorted(figure.regions))
                yield place.fault("unknown-region", f"`{name}` has no region `{region}`", *spot, expected=expected)
            elif region and region not in figure.letters:
                message = f"the region `{region}` has no place for its letter"
                yield place.fault("region-letter", message, *spot, expected=f'<text data-letter="{region}"/> in it')
        named = {option.region for option in self.options}
        for region in sorted((figure.regions | figure.letters) - named):
            message = f"no option names the region `{region}`"
            yield place.fault("unknown-region", message, "options", expected=f"`region: {region}`")

    def as_interaction(self) -> EntryInteraction:
        reason = "a question on the regions of a drawing has no counterpart: the drawing is part of Palpate's pages"
        return EntryInteraction(None, (Note(Severity.REFUSED, reason),))

    def ask(self, figures: Mapping[str, Figure | None], parts: MapParts) -> QuestionParts:
        figure = figures.get(self.picture or "")
        regions = {option.region: index for index, option in enumerate(self.options) if option.region}
        picture = (
            render_map_svg(self.map, regions, parts)
            if self.map
            else render_region_svg(figure, regions)
            if figure
            else None
        )
        key = RegionKey(
            correct=tuple(index for index, option in enumerate(self.options) if option.correct),
            near=tuple(index for index, option in enumerate(self.options) if option.near),
            reasons=tuple(option.why for option in self.options),
        )
        return QuestionParts(tuple(self.choice_texts), key, picture=picture)


ENTRIES: tuple[type[QuestionEntry], ...] = (RegionEntry,)
