"""Read the responses of QTI 1.2, by trying answers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    ExtendedTextInteraction,
    Interaction,
    MatchInteraction,
    NumberInteraction,
    Option,
    OrderedStep,
    OrderInteraction,
    Pair,
    Severity,
    TextEntryInteraction,
)
from app.interchange.bank import RefusedItemError
from app.interchange.qti.interactions import list_truth, read_middle
from app.interchange.qti.qti1_reader import Item1Reader, get_labels
from app.interchange.qti.reader import WHOLE
from app.interchange.qti.scoring import (
    ALL_OR_NOTHING,
    MOST_ALTERNATIVES,
    NONSENSE,
    score_numbers,
    score_options,
    score_texts,
)
from app.interchange.qti.values import read_number

_MOST_SIDES = 50


def read_list(reader: Item1Reader, response: Element) -> Interaction:
    """Read options to choose from, or steps to put in order."""
    reader.stem += [reader.read_material(one) for one in _list_prompts(response)]
    if response.get("rcardinality", "Single").casefold() == "ordered":
        return _read_order(reader, response)
    labels = get_labels(response)
    if not labels or len(labels) > MOST_ALTERNATIVES:
        raise RefusedItemError("it has no options, or too many")
    identifier = response.get("ident", "")
    names = list(labels)
    is_multiple = response.get("rcardinality", "Single").casefold() == "multiple"
    combined = _list_combinations(reader, identifier)
    scores = score_options(reader.make_probe(identifier), names, (), is_multiple=is_multiple, combined=combined)
    reader.mark = scores.mark if scores.mark != 100 else 1.0
    reader.texts.add_notes(*scores.notes)
    reader.general += reader.sorter.find_general([*scores.trials, scores.best])
    if is_multiple and (shared := reader.sorter.find_shared(scores.best, scores.trials)):
        reader.texts.add_notes(WHOLE)
        reader.general += shared
    options = [
        Option(reader.read_label(labels[name]), fraction, reader.sorter.find_own(trial))
        for name, fraction, trial in zip(names, scores.fractions, scores.trials, strict=True)
    ]
    is_shuffled = any(one.get("shuffle", "No").casefold() == "yes" for one in response.iter())
    return list_truth(ChoiceInteraction(tuple(options), is_multiple, is_shuffled))


def _list_combinations(reader: Item1Reader, identifier: str) -> list[list[str]]:
    """Return the sets of options that a condition asks for, without those that it excludes."""
    found = []
    for condition in reader.conditions.conditions:
        excluded = {id(inner) for one in condition.iter("not") for inner in one.iter()}
        values = [one for one in condition.iter("varequal") if id(one) not in excluded]
        found.append([(one.text or "").strip() for one in values if one.get("respident") == identifier])
    return [one for one in found if one]


def _list_prompts(response: Element) -> list[Element]:
    """Return the materials of a response that belong to none of its labels."""
    inside = {id(inner) for label in response.iter("response_label") for inner in label.iter()}
    return [one for one in response.iter("material") if id(one) not in inside]


def _read_order(reader: Item1Reader, response: Element) -> OrderInteraction:
    labels = get_labels(response)
    identifier = response.get("ident", "")
    probe = reader.make_probe(identifier)
    wanted = [one for one in _list_combinations(reader, identifier) if sorted(one) == sorted(labels)]
    if not wanted:
        raise RefusedItemError("its right order does not name each step once")
    right = max(wanted, key=lambda names: probe(names).points)
    reader.texts.note(Severity.CHANGED, "here each pair of steps in the right order earns points")
    reader.take_whole(probe(right), [probe(right[::-1])])
    return OrderInteraction(tuple(OrderedStep(reader.read_label(labels[name])) for name in right))


def read_typed(reader: Item1Reader, response: Element, question_type: str) -> Interaction:
    """Read a text or a number to type, or an essay."""
    reader.stem += [reader.read_material(one) for one in _list_prompts(response)]
    identifier = response.get("ident", "")
    values = [one for one in reader.conditions.list_values("varequal") if one.get("respident") == identifier]
    limits = list(reader.conditions.list_values("vargte", "vargt", "varlte", "varlt"))
    if question_type == "essay_question" or not (values or limits):
        reader.general += reader.sorter.find_all()
        return ExtendedTextInteraction()
    if len(values) + len(limits) > MOST_ALTERNATIVES * 4:
        raise RefusedItemError("it accepts more answers than a question has")
    kinds = {one.get("fibtype", "").casefold() for one in response.iter()}
    if (
        limits
        or response.tag == "response_num"
        or question_type == "numerical_question"
        or kinds & {"integer", "decimal"}
    ):
        return _read_number(reader, identifier, [*values, *limits])
    return _read_text(reader, identifier, [(one.text or "").strip() for one in values])


def _read_text(reader: Item1Reader, identifier: str, known: Sequence[str]) -> TextEntryInteraction:
    probe = reader.make_probe(identifier)
    found, most = score_texts(probe, known)
    if not found:
        raise RefusedItemError("no text is accepted as an answer")
    reader.mark = most if most != 100 else 1.0
    wrong = probe((NONSENSE,))
    reader.general += reader.sorter.find_general([wrong, *(one.trial for one in found)])
    answers: dict[str, AcceptedText] = {}
    exact = ("case",) if any(one.is_exact for one in found) else ()
    for one in found:
        # Canvas lists spellings that differ by their case only, although case does not count.
        key = one.text if exact else one.text.casefold()
        answers.setdefault(key, AcceptedText(one.text, one.fraction, reader.sorter.find_own(one.trial)))
    return TextEntryInteraction(tuple(answers.values()), exact, reader.sorter.find_own(wrong))


def _read_number(reader: Item1Reader, identifier: str, tests: Sequence[Element]) -> NumberInteraction:
    limits = [read_number(one.text or "") for one in tests]
    for one in tests:
        if one.get("margin"):
            value, margin = read_number(one.text or ""), read_number(one.get("margin", "0"))
            distance = abs(value) * margin / 100 if one.get("margintype") == "percent" else margin
            limits += [value - distance, value + distance]
    probe = reader.make_probe(identifier)
    try:
        found, most = score_numbers(probe, limits)
    except OverflowError:
        raise RefusedItemError("it accepts numbers without an upper or lower limit") from None
    if not found:
        raise RefusedItemError("no number is accepted as an answer")
    reader.mark = most if most != 100 else 1.0
    if any(one.is_open for one in found):
        reader.texts.note(Severity.CHANGED, "the ends of the range did not count there, and do here")
    wrong = probe((repr(max(limits) * 2 + 1),))
    reader.general += reader.sorter.find_general([wrong, *(one.trial for one in found)])
    answers = [
        AcceptedNumber(*read_middle(one.low, one.high), one.fraction, reader.sorter.find_own(one.trial))
        for one in found
    ]
    return NumberInteraction(tuple(answers), otherwise=reader.sorter.find_own(wrong))


def read_lists(reader: Item1Reader, responses: Sequence[Element]) -> Interaction:
    """Read several lists as the lines of a match: a matching question, menus within a text, or groups to sort into."""
    labels = {name: label for response in responses for name, label in get_labels(response).items()}
    if len(responses) > _MOST_SIDES or len(labels) > MOST_ALTERNATIVES:
        raise RefusedItemError(f"it has more than {_MOST_SIDES} things to match")
    partners = {response.get("ident", ""): _find_partners(reader, response) for response in responses}
    if not any(partners.values()):
        raise RefusedItemError("the file does not say which sides belong together")
    right = {name: tuple(linked) for name, linked in partners.items()}
    reader.take_whole(reader.conditions.run(right), [reader.conditions.run({})])
    lefts = {one.get("ident", ""): " ".join(map(reader.read_material, _list_prompts(one))) for one in responses}
    texts = {name: reader.read_label(label) for name, label in labels.items()}
    if any(len(linked) > 1 for linked in partners.values()):
        return _turn_match(reader, lefts, texts, partners)
    own = {name for response in responses for name in get_labels(response)}
    if any(f"[{left}]" in text for left in lefts.values() for text in reader.stem):
        reader.texts.note(Severity.CHANGED, "the menus in the text became the lines of a match")
    pairs = []
    for name, linked in partners.items():
        if not linked:
            reader.texts.note(Severity.LOST, f"“{lefts[name][:60]}” belongs to nothing and was left out")
            continue
        if not lefts[name] and not texts[linked[0]]:
            reader.texts.note(Severity.LOST, "an empty line of the match was left out")
            continue
        feedback = reader.sorter.find_own(reader.conditions.run({name: tuple(linked)}))
        pairs.append(Pair(lefts[name], texts[linked[0]], feedback))
    used = {pair.right for pair in pairs}
    extra = [texts[name] for name in labels if name in own and texts[name] not in used]
    return MatchInteraction(tuple(pairs), tuple(dict.fromkeys(filter(None, extra))))


def _find_partners(reader: Item1Reader, response: Element) -> list[str]:
    """Return the labels that earn points for one list, or that a condition on all lists asks for."""
    identifier = response.get("ident", "")
    probe = reader.make_probe(identifier)
    labels = list(get_labels(response))
    points = {name: probe((name,)).points for name in labels}
    most = max(points.values(), default=0.0)
    mentioned = [name for some in _list_combinations(reader, identifier) for name in some if name in points]
    if most > probe(()).points:
        return [name for name, earned in points.items() if earned == most]
    positive = [
        condition
        for condition in reader.conditions.conditions
        if any(_is_positive(one) for one in condition.iter("setvar"))
    ]
    named = {
        (one.text or "").strip()
        for condition in positive
        for one in condition.iter("varequal")
        if one.get("respident") == identifier
    }
    if len(mentioned) > 1 or named:
        reader.texts.add_notes(ALL_OR_NOTHING)
    return [name for name in labels if name in named]


def _is_positive(element: Element) -> bool:
    return read_number(element.text or "") > 0


def _turn_match(
    reader: Item1Reader, lefts: dict[str, str], texts: dict[str, str], partners: dict[str, list[str]]
) -> MatchInteraction:
    """Make the labels the lines, since several of them belong to one list: they are sorted into groups."""
    turned = {label: [name for name, linked in partners.items() if label in linked] for label in texts}
    if any(len(linked) > 1 for linked in turned.values()):
        raise RefusedItemError("several answers belong to one line")
    reader.texts.note(Severity.CHANGED, "groups to sort things into became the right sides of a match")
    for label, linked in turned.items():
        if not linked:
            reader.texts.note(Severity.LOST, f"“{texts[label][:60]}” belongs to no group and was left out")
    pairs = [Pair(texts[label], lefts[linked[0]]) for label, linked in turned.items() if linked]
    used = {pair.right for pair in pairs}
    return MatchInteraction(tuple(pairs), tuple(text for text in lefts.values() if text not in used))


def read_groups(reader: Item1Reader, response: Element) -> Interaction:
    raise RefusedItemError("it asks to group things by moving them")
