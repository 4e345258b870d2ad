"""Read the interactions of QTI 2 and 3, by trying answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    ExtendedTextInteraction,
    NumberInteraction,
    Option,
    OrderedStep,
    OrderInteraction,
    Severity,
    TextEntryInteraction,
)
from app.interchange.bank import RefusedItemError
from app.interchange.qti.operators import list_rounding_limits, read_tolerance
from app.interchange.qti.reader import WHOLE, ItemReader
from app.interchange.qti.scoring import (
    MOST_ALTERNATIVES,
    NONSENSE,
    ChoiceScores,
    score_numbers,
    score_options,
    score_texts,
)
from app.interchange.qti.values import Declaration, is_number, read_number, unpack
from app.interchange.text_patterns import PatternError, from_pattern


def _read_choice(reader: ItemReader, element: Element) -> ChoiceInteraction:
    choices = [one for one in element.iter() if one.tag in ("simpleChoice", "inlineChoice", "hottext")]
    if element.tag == "hottextInteraction":
        reader.texts.note(Severity.CHANGED, "the marked words of the text became options")
    texts = [reader.texts.read_inside(one) for one in choices]
    scores = score_choices(reader, element, [one.get("identifier", "") for one in choices])
    options = [
        Option(text, fraction, reader.sorter.find_own(trial, choice.get("identifier", "")))
        for text, fraction, trial, choice in zip(texts, scores.fractions, scores.trials, choices, strict=True)
    ]
    is_multiple = reader.get_response(element).cardinality != "single"
    is_shuffled = element.get("shuffle") == "true"
    return list_truth(ChoiceInteraction(tuple(options), is_multiple, is_shuffled))


def list_truth(choice: ChoiceInteraction) -> ChoiceInteraction:
    """Mark a choice between true and false as a statement, true first."""
    words = [option.text.casefold().strip(" .*_") for option in choice.options]
    if choice.is_multiple or sorted(words) != ["false", "true"]:
        return choice
    return replace(
        choice,
        options=tuple(sorted(choice.options, key=lambda one: one.text.casefold().strip(" .*_") != "true")),
        is_shuffled=False,
        is_truth=True,
    )


def score_choices(reader: ItemReader, element: Element, names: Sequence[str]) -> ChoiceScores:
    """Score the choices, and take the feedback that all of them share."""
    if not names or len(set(names)) != len(names) or len(names) > MOST_ALTERNATIVES:
        raise RefusedItemError("it has no options, too many, or two with the same identifier")
    declared = reader.get_response(element)
    is_multiple = declared.cardinality != "single"
    correct = [str(value) for value in unpack(declared.correct)]
    combined = _list_combinations(reader)
    scores = reader.try_answers(
        declared.identifier,
        lambda probe: score_options(probe, names, correct, is_multiple=is_multiple, combined=combined),
    )
    reader.mark = scores.mark
    for note in scores.notes:
        reader.add_note(note)
    reader.general += reader.sorter.find_general([*scores.trials, scores.best])
    if is_multiple:
        take_combined(reader, scores)
    return scores


def _list_combinations(reader: ItemReader) -> list[list[str]]:
    rules = reader.rules.rules
    found = rules.iter("multiple") if rules is not None else ()
    return [["".join(one.itertext()).strip() for one in element.iter("baseValue")] for element in found]


def take_combined(reader: ItemReader, scores: ChoiceScores) -> None:
    """Add feedback on the answer as a whole, right or not, to the general one."""
    shared = reader.sorter.find_shared(scores.best, scores.trials)
    if shared:
        reader.add_note(WHOLE)
        reader.general += shared


def _read_text_entry(reader: ItemReader, element: Element) -> TextEntryInteraction | NumberInteraction:
    declared = reader.get_response(element)
    unit = reader.read_unit(element)
    if declared.base in ("float", "integer"):
        return replace(_read_number(reader, declared), unit=unit)
    if declared.cardinality != "single":
        raise RefusedItemError("it asks for several texts at once; here each question asks for one")
    known = _list_texts(reader)
    known += [str(value) for value in unpack(declared.correct)]
    known += declared.mapping.entries if declared.mapping else []
    if len(known) > MOST_ALTERNATIVES:
        raise RefusedItemError(f"it accepts more than {MOST_ALTERNATIVES} texts")
    found, most = reader.try_answers(declared.identifier, lambda probe: score_texts(probe, known))
    if not found:
        raise RefusedItemError("no text is accepted as an answer")
    reader.mark = most
    wrong = reader.try_answers(declared.identifier, lambda probe: probe((NONSENSE,)))
    reader.general += reader.sorter.find_general([wrong, *(one.trial for one in found)])
    answers = [AcceptedText(one.text, one.fraction, reader.sorter.find_own(one.trial)) for one in found]
    exact = ("case",) if any(one.is_exact for one in found) else ()
    return TextEntryInteraction(tuple(answers), exact, reader.sorter.find_own(wrong))


def _list_texts(reader: ItemReader) -> list[str]:
    """Return the texts and simple patterns with which the rules compare, in the order of the rules."""
    rules = reader.rules.rules
    compared = {id(element) for _, element in reader.rules.list_constants()}
    texts = []
    for element in rules.iter() if rules is not None else ():
        if element.tag == "patternMatch":
            try:
                texts.append(from_pattern(element.get("pattern", "")).text)
            except PatternError:
                raise RefusedItemError("it accepts answers by a pattern that is more than words and gaps") from None
        elif id(element) in compared and element.get("baseType") == "string":
            texts.append("".join(element.itertext()).strip())
    return texts


def _read_number(reader: ItemReader, declared: Declaration) -> NumberInteraction:
    limits = list_limits(reader, declared)
    if len(limits) > MOST_ALTERNATIVES:
        raise RefusedItemError(f"it has more than {MOST_ALTERNATIVES} limits of right numbers")
    try:
        found, most = reader.try_answers(declared.identifier, lambda probe: score_numbers(probe, limits))
    except OverflowError:
        raise RefusedItemError("it accepts numbers without an upper or lower limit") from None
    if not found:
        raise RefusedItemError("no number is accepted as an answer")
    reader.mark = most
    wrong = reader.try_answers(declared.identifier, lambda probe: probe((repr(max(limits) + 1 + abs(max(limits))),)))
    reader.general += reader.sorter.find_general([wrong, *(one.trial for one in found)])
    if any(one.is_open for one in found):
        reader.texts.note(Severity.CHANGED, "the ends of the range did not count there, and do here")
    answers = [
        AcceptedNumber(*read_middle(one.low, one.high), one.fraction, reader.sorter.find_own(one.trial))
        for one in found
    ]
    return NumberInteraction(tuple(answers), otherwise=reader.sorter.find_own(wrong))


def read_middle(low: float, high: float) -> tuple[float, float]:
    """Return the middle of a range and the distance to its ends, without the traces of arithmetic."""
    return float(f"{(low + high) / 2:.12g}") + 0.0, float(f"{(high - low) / 2:.12g}")


def list_limits(reader: ItemReader, declared: Declaration) -> list[float]:
    """Return the numbers at which the points may change."""
    limits = [float(value) for value in unpack(declared.correct) if is_number(value)]
    limits += [read_number(key) for key in declared.mapping.entries] if declared.mapping else []
    rules = reader.rules.rules
    if rules is None:
        return limits
    for text, element in reader.rules.list_constants():
        if element.get("baseType") in ("float", "integer"):
            limits.append(read_number(text))
    known = list(dict.fromkeys(limits))[:MOST_ALTERNATIVES]
    for element in rules.iter():
        if element.tag == "equal" and element.get("toleranceMode", "exact") != "exact":
            limits += [end for value in known for end in read_tolerance(element, value)]
        elif element.tag == "equalRounded":
            limits += [end for value in known for end in list_rounding_limits(element, value)]
    return list(dict.fromkeys(limits))


def _read_slider(reader: ItemReader, element: Element) -> NumberInteraction:
    reader.texts.note(Severity.CHANGED, "a slider became a number to type")
    return _read_number(reader, reader.get_response(element))


def _read_extended_text(reader: ItemReader, element: Element) -> ExtendedTextInteraction:
    rubrics = [one for one in reader.root.iter("rubricBlock") if "candidate" not in one.get("view", "").split()]
    rubric = "\n\n".join(filter(None, map(reader.texts.read_inside, rubrics)))
    declared = reader.responses.get(element.get("responseIdentifier", ""))
    model = "\n\n".join(str(value) for value in unpack(declared.correct)) if declared else ""
    reader.general += reader.sorter.find_all()
    return ExtendedTextInteraction(model_answer=model, rubric=rubric)


def _read_order(reader: ItemReader, element: Element) -> OrderInteraction:
    choices = {one.get("identifier", ""): one for one in element.findall("simpleChoice")}
    declared = reader.get_response(element)
    right = [str(value) for value in unpack(declared.correct)]
    if not right:
        right = _find_constant_order(reader, choices)
    if sorted(right) != sorted(choices):
        raise RefusedItemError("its right order does not name each step once")
    best, worst = reader.try_answers(declared.identifier, lambda probe: (probe(right), probe(right[::-1])))
    reader.mark = best.points if best.points > 0 else 1.0
    reader.texts.note(Severity.CHANGED, "here each pair of steps in the right order earns points")
    reader.take_whole(best, [worst])
    steps = [OrderedStep(reader.texts.read_inside(choices[name]), reader.sorter.find_inside(name)) for name in right]
    return OrderInteraction(tuple(steps))


def _find_constant_order(reader: ItemReader, choices: dict[str, Element]) -> list[str]:
    rules = reader.rules.rules
    for element in rules.iter("ordered") if rules is not None else ():
        names = [" ".join("".join(inner.itertext()).split()) for inner in element.iter("baseValue")]
        if sorted(names) == sorted(choices):
            return names
    return []


READERS = {
    "choiceInteraction": _read_choice,
    "inlineChoiceInteraction": _read_choice,
    "hottextInteraction": _read_choice,
    "textEntryInteraction": _read_text_entry,
    "extendedTextInteraction": _read_extended_text,
    "orderInteraction": _read_order,
    "sliderInteraction": _read_slider,
}
