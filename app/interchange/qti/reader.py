"""What the readers of interactions share: one item of QTI 2 or 3 while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree.ElementTree import Element

from app.content.interactions import Note, Severity
from app.interchange.bank import RefusedItemError
from app.interchange.qti.body import TextReader
from app.interchange.qti.feedback import FeedbackSorter, ShownFeedback, join, take_texts
from app.interchange.qti.processing import Processing, get_score, list_shown
from app.interchange.qti.scoring import Probe, Trial
from app.interchange.qti.values import Declaration, NotUnderstoodError, read_declaration
from app.interchange.qti.xml import Node, get_text

UNIT = "unit"
"""The class of the element in which packages of ours have the unit of a number."""

T = TypeVar("T")

WHOLE = Note(Severity.CHANGED, "feedback on a right or wrong answer as a whole became part of the explanation")


@dataclass
class ItemReader:
    """One item while it is read: its variables, rules, texts and feedback."""

    root: Node
    texts: TextReader
    responses: dict[str, Declaration] = field(default_factory=dict)
    outcomes: dict[str, Declaration] = field(default_factory=dict)
    mark: float = 1.0
    general: list[str] = field(default_factory=list)
    background: str = ""
    stem: str = ""

    def __post_init__(self) -> None:
        for name, found in (("responseDeclaration", self.responses), ("outcomeDeclaration", self.outcomes)):
            for element in self.root.findall(name):
                declared = read_declaration(element)
                found[declared.identifier] = declared
        self.rules = Processing(self.root.find("responseProcessing"), self.responses, self.outcomes, self.texts.budget)
        self.sorter = FeedbackSorter(self._list_feedback())

    def try_answers(self, identifier: str, find: Callable[[Probe], T]) -> T:
        """Call ``find`` with a probe for a response; if the rules are not understood, with one for the declarations.

        :raise RefusedItemError: neither can be run.
        """
        declared = self.responses.get(identifier)
        if declared is None:
            raise RefusedItemError("the response that it asks for is not declared")

        def probe(values: Sequence[str]) -> Trial:
            outcomes = self.rules.run({identifier: declared.wrap(values)})
            return Trial(get_score(outcomes), frozenset(list_shown(outcomes)))

        try:
            return find(probe)
        except NotUnderstoodError as error:
            if self.rules.rules is None or (declared.correct is None and not declared.mapping):
                raise RefusedItemError(f"its scoring rules are not understood ({error})") from error
            reason = f"its scoring rules are not understood ({error}); the declared right answer was taken"
            self.texts.note(Severity.WARNING, reason)
            self.rules = Processing(None, self.responses, self.outcomes, self.texts.budget)
            return self.try_answers(identifier, find)

    def get_response(self, interaction: Element) -> Declaration:
        declared = self.responses.get(interaction.get("responseIdentifier", "").strip())
        if declared is None:
            raise RefusedItemError("the response that it asks for is not declared")
        return declared

    def _list_feedback(self) -> list[ShownFeedback]:
        owners = {
            id(inner): choice.get("identifier", "")
            for choice in self.root.iter()
            if choice.tag in ("simpleChoice", "simpleAssociableChoice", "inlineChoice", "gapText", "hottext")
            for inner in choice.iter()
        }
        found = (
            ShownFeedback(
                outcome=element.get("outcomeIdentifier", ""),
                value=element.get("identifier", ""),
                text=self.texts.read_inside(element),
                is_shown=element.get("showHide", "show") != "hide",
                owner=owners.get(id(element)),
            )
            for element in self.root.iter()
            if element.tag in ("modalFeedback", "feedbackInline", "feedbackBlock")
        )
        return take_texts(found)

    def read_unit(self, interaction: Element) -> str:
        """Return the unit behind a number, and leave a paragraph with nothing but the number out of the stem."""
        body = self.root.find("itemBody")
        for block in body.iter() if body is not None else ():
            if interaction in list(block) and block.tag in ("p", "div"):
                units = [one for one in block if one.tag == "span" and one.get("class") == UNIT]
                rest = [one for one in block if one is not interaction and one not in units]
                text = (block.text or "") + "".join(one.tail or "" for one in block)
                if not rest and not text.strip():
                    block.clear()
                    self.stem = join([self.background, self.texts.read_inside(body)])
                    return get_text(units[0]) if units else ""
        return ""

    def take_whole(self, best: Trial, others: Sequence[Trial]) -> None:
        """Take the feedback that all answers share, and that on a right or wrong answer as a whole."""
        self.general += self.sorter.find_general([best, *others])
        if rest := self.sorter.find_rest([best, *others]):
            self.add_note(WHOLE)
            self.general += rest

    def add_note(self, note: Note) -> None:
        self.texts.note(note.severity, note.reason)
