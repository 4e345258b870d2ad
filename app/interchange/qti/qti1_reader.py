"""What the readers of interactions share: one item of QTI 1.2 while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.content.interactions import Severity
from app.interchange.bank import RefusedItemError
from app.interchange.qti.body import TextReader
from app.interchange.qti.feedback import FeedbackSorter, ShownFeedback, join, take_texts
from app.interchange.qti.qti1_processing import FEEDBACK, Conditions
from app.interchange.qti.reader import WHOLE
from app.interchange.qti.scoring import Probe, Trial
from app.interchange.qti.xml import Node, get_text

_RESPONSES = frozenset({"response_lid", "response_str", "response_num", "response_xy", "response_grp"})


@dataclass
class Item1Reader:
    """One item: its responses, conditions, texts and feedback. ``stem`` is the text outside its responses."""

    root: Node
    texts: TextReader
    mark: float = 1.0
    general: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        presentation = self.root.find("presentation")
        if presentation is None:
            raise RefusedItemError("it has no text")
        self.fields = _read_fields(self.root)
        self.responses = [one for one in presentation.iter() if one.tag in _RESPONSES]
        inside = {id(inner) for response in self.responses for inner in response.iter()}
        outside = [one for one in presentation.iter("material") if id(one) not in inside]
        self.stem = [self.read_material(one) for one in outside]
        self.conditions = Conditions(
            [condition for block in self.root.iter("resprocessing") for condition in block.iter("respcondition")],
            ordered=self._list_responses("Ordered"),
            several=self._list_responses("Multiple"),
            budget=self.texts.budget,
        )
        self.sorter = FeedbackSorter(take_texts(self._read_feedback()))

    def _read_feedback(self) -> Iterator[ShownFeedback]:
        for one in self.root.iter("itemfeedback"):
            if one.find("solution") is None and one.find("hint") is None:
                yield ShownFeedback(FEEDBACK, one.get("ident", ""), self._read_materials(one))

    def _list_responses(self, cardinality: str) -> frozenset[str]:
        return frozenset(
            one.get("ident", "")
            for one in self.responses
            if one.get("rcardinality", "Single").casefold() == cardinality.casefold()
        )

    def make_probe(self, identifier: str) -> Probe:
        def probe(values: Sequence[str]) -> Trial:
            return self.conditions.run({identifier: tuple(values)})

        return probe

    def take_whole(self, best: Trial, others: Sequence[Trial]) -> None:
        """Take the feedback that all answers share, and that on a right or wrong answer as a whole."""
        self.general += self.sorter.find_general([best, *others])
        if rest := self.sorter.find_rest([best, *others]):
            self.texts.add_notes(WHOLE)
            self.general += rest

    def read_solutions(self) -> list[str]:
        """Return the worked solutions; hints are noted as lost."""
        for hint in self.root.iter("hint"):
            if text := self._read_materials(hint):
                self.texts.note(Severity.LOST, f"the hint “{text[:60]}” was left out")
        return [self._read_materials(one) for one in self.root.iter("solution")]

    def _read_materials(self, element: Element) -> str:
        return join(self.read_material(one) for one in element.iter("material"))

    def read_material(self, element: Element | None) -> str:
        """Return the texts of a material as paragraphs."""
        return join(self._read_parts(element)) if element is not None else ""

    def _read_parts(self, material: Element) -> Iterator[str]:
        for part in material.iter():
            match part.tag:
                case "mattext" | "matemtext":
                    yield self._read_text(part)
                case "matimage":
                    source = part.get("uri", "")
                    yield self.texts.read_html(_write_picture(source, material.get("label") or get_text(part)))
                case "mataudio" | "matvideo" | "matapplet" | "matapplication":
                    name = f"{str(part.tag).removeprefix('mat')} {part.get('uri', '')[:80]}".strip()
                    self.texts.note(Severity.LOST, f"embedded content ({name}) was left out")

    def _read_text(self, element: Element) -> str:
        """Read a text, which is HTML if it says so, or if it is written as XML elements."""
        if len(element):
            return self.texts.read_inside(element)
        text = "".join(element.itertext())
        kind = element.get("texttype", "text/plain").lower()
        return self.texts.read_plain(text) if kind == "text/plain" else self.texts.read_html(text)

    def read_label(self, label: Element) -> str:
        return join(self.read_material(one) for one in label.iter("material"))


def _write_picture(source: str, words: str) -> str:
    from html import escape

    return f'<img src="{escape(source)}" alt="{escape(words)}">'


def _read_fields(root: Node) -> Mapping[str, str]:
    """Return the fields of the item's metadata by name."""
    fields: dict[str, str] = {}
    for one in root.iter("qtimetadatafield"):
        fields.setdefault(get_text(one.find("fieldlabel")).casefold(), get_text(one.find("fieldentry")))
    return fields


def get_labels(response: Element) -> dict[str, Element]:
    """Return the labels of a response by identifier."""
    return {one.get("ident", ""): one for one in response.iter("response_label")}
