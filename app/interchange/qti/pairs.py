"""Read the interactions of QTI 2 and 3 that link things: match, associate, gaps, and menus within a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from xml.etree.ElementTree import Element

from app.content.interactions import MatchInteraction, Pair, Severity
from app.interchange.bank import RefusedItemError
from app.interchange.qti.reader import ItemReader
from app.interchange.qti.scoring import ALL_OR_NOTHING, Probe, score_options
from app.interchange.qti.values import unpack

_MOST_SIDES = 50


def _read_match(reader: ItemReader, element: Element) -> MatchInteraction:
    sets = element.findall("simpleMatchSet")
    if len(sets) != 2:
        raise RefusedItemError("it does not have two lists to match")
    lefts, rights = ({one.get("identifier", ""): one for one in side.iter("simpleAssociableChoice")} for side in sets)
    partners = find_partners(reader, element, list(lefts), list(rights))
    return build_match(reader, lefts, rights, partners)


def _read_gap_match(reader: ItemReader, element: Element) -> MatchInteraction:
    texts = {one.get("identifier", ""): one for one in element.iter("gapText")}
    gaps = {one.get("identifier", ""): one for one in element.iter("gap")}
    if element.find("gapImg") is not None or not texts or not gaps:
        raise RefusedItemError("its gaps are filled with pictures")
    reader.texts.note(Severity.CHANGED, "the gaps in the text became the lines of a match")
    for number, gap in enumerate(gaps.values(), start=1):
        gap.set("number", str(number))
    body = reader.root.find("itemBody")
    reader.stem = reader.texts.read_inside(body)
    found = find_partners(reader, element, list(texts), list(gaps))
    partners = {gap: [text for text, linked in found.items() if gap in linked] for gap in gaps}
    labels = {gap: f"Gap {number}" for number, gap in enumerate(gaps, start=1)}
    return build_match(reader, gaps, texts, partners, labels)


def find_partners(
    reader: ItemReader, element: Element, lefts: Sequence[str], rights: Sequence[str]
) -> dict[str, list[str]]:
    """Return the right sides that earn points for each left side."""
    if len(lefts) > _MOST_SIDES or len(rights) > _MOST_SIDES:
        raise RefusedItemError(f"it has more than {_MOST_SIDES} things to match")
    declared = reader.get_response(element)
    correct = [str(value) for value in unpack(declared.correct)]

    def find(probe: Probe) -> dict[str, list[str]]:
        points = {left: {right: probe((f"{left} {right}",)).points for right in rights} for left in lefts}
        nothing = probe(()).points
        single = {
            left: [right for right, earned in line.items() if earned > nothing and earned == max(line.values())]
            for left, line in points.items()
        }
        best, wrong = probe(correct), f"{lefts[0]} {rights[-1]}" if lefts and rights else ""
        reader.take_whole(best, [probe(()), *([probe((wrong,))] if wrong not in correct else [])])
        if any(single.values()):
            total = sum(max(line.values()) for line in points.values())
            reader.mark = max(best.points, total - nothing) or 1.0
            return single
        reader.mark = best.points if best.points > 0 else 1.0
        if len(correct) > 1:
            reader.add_note(ALL_OR_NOTHING)
        linked = [value.split() for value in correct]
        known = [pair for pair in linked if len(pair) == 2 and pair[1] in rights]
        return {left: [right for one, right in known if one == left] for left in lefts}

    return reader.try_answers(declared.identifier, find)


def build_match(
    reader: ItemReader,
    lefts: Mapping[str, Element],
    rights: Mapping[str, Element],
    partners: Mapping[str, Sequence[str]],
    labels: Mapping[str, str] | None = None,
) -> MatchInteraction:
    """Return lines with one right side each; if only the other side has one partner each, the sides change places."""
    if any(len(linked) > 1 for linked in partners.values()):
        turned = {right: [left for left, linked in partners.items() if right in linked] for right in rights}
        if labels or any(len(linked) > 1 for linked in turned.values()):
            raise RefusedItemError("several answers belong to one line")
        reader.texts.note(
            Severity.CHANGED, "the two sides of the match changed places, so that each line has one answer"
        )
        return build_match(reader, rights, lefts, turned)
    read = reader.texts.read_inside
    inside = reader.sorter.find_inside
    pairs = [
        Pair(labels[left] if labels else read(lefts[left]), read(rights[linked[0]]), inside(left))
        for left, linked in partners.items()
        if linked
    ]
    if not pairs:
        raise RefusedItemError("the file does not say which sides belong together")
    for left, linked in partners.items():
        if not linked:
            text = labels[left] if labels else read(lefts[left])
            reader.texts.note(Severity.LOST, f"“{text[:60]}” belongs to nothing and was left out")
    used = {linked[0] for linked in partners.values() if linked}
    return MatchInteraction(tuple(pairs), tuple(read(one) for name, one in rights.items() if name not in used))


def _read_associate(reader: ItemReader, element: Element) -> MatchInteraction:
    choices = {one.get("identifier", ""): one for one in element.iter("simpleAssociableChoice")}
    declared = reader.get_response(element)
    linked = [str(value).split() for value in unpack(declared.correct)]
    names = [name for pair in linked for name in pair]
    if (
        not linked
        or any(len(pair) != 2 for pair in linked)
        or len(set(names)) != len(names)
        or not set(names) <= set(choices)
    ):
        raise RefusedItemError("its pairs share a part")
    reader.texts.note(Severity.CHANGED, "pairs from one list became a match of two lists")
    correct = [str(value) for value in unpack(declared.correct)]
    best, worst = reader.try_answers(declared.identifier, lambda probe: (probe(correct), probe(())))
    reader.mark = best.points if best.points > 0 else 1.0
    reader.take_whole(best, [worst])
    lefts = {pair[0]: choices[pair[0]] for pair in linked}
    rights = {name: one for name, one in choices.items() if name not in lefts}
    return build_match(reader, lefts, rights, {pair[0]: [pair[1]] for pair in linked})


def read_inline_choices(reader: ItemReader, elements: Sequence[Element]) -> MatchInteraction:
    """Read several menus within a text as the lines of a match."""
    reader.texts.note(Severity.CHANGED, "the menus in the text became the lines of a match")
    pairs, others = [], []
    marks = 0.0
    for number, element in enumerate(elements, start=1):
        choices = {one.get("identifier", ""): reader.texts.read_inside(one) for one in element.iter("inlineChoice")}
        declared = reader.get_response(element)
        correct = [str(value) for value in unpack(declared.correct)]
        names = list(choices)
        find = partial(score_options, names=names, declared=correct, is_multiple=False)
        scores = reader.try_answers(declared.identifier, find)
        if len(scores.right) != 1:
            raise RefusedItemError("several answers belong to one line")
        right = names[next(iter(scores.right))]
        marks += scores.mark
        reader.take_whole(scores.best, list(scores.trials))
        pairs.append(Pair(f"Gap {number}", choices[right]))
        others += [text for name, text in choices.items() if name != right]
    reader.mark = marks
    used = {pair.right for pair in pairs}
    return MatchInteraction(tuple(pairs), tuple(text for text in dict.fromkeys(others) if text not in used))


READERS = {
    "matchInteraction": _read_match,
    "gapMatchInteraction": _read_gap_match,
    "associateInteraction": _read_associate,
}
