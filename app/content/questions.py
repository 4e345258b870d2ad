"""What the fields of one question must mean together: a key that can be marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.material import ModuleMaterial
from app.content.schema import QuestionEntry
from app.domain.content import Kind

_PARTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.SINGLE: ("options",),
    Kind.SEVERAL: ("options",),
    Kind.TRUE_FALSE: ("options",),
    Kind.MATCH: ("pairs",),
    Kind.ORDER: ("steps",),
    Kind.NUMERIC: ("answer",),
    Kind.REGION: ("picture", "map", "options"),
}
"""The fields that a kind must have; ``extra`` is a match's own, and may be left out."""

_MOST_OPTIONS = 6
"""More than these fit no page well; regions of a picture may be twice as many."""


def question_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    """Yield what makes the question unmarkable. None of it can be allowed."""
    yield from _part_faults(draft)
    if draft.entry.options and "options" in _PARTS[draft.entry.kind]:
        yield from _key_faults(draft)
        yield from _option_faults(draft)
        yield from _region_faults(draft)
    yield from _same_faults(draft, "pairs", "left", [pair.left for pair in draft.entry.pairs])
    yield from _same_faults(draft, "pairs", "right", [pair.right for pair in draft.entry.pairs])
    yield from _same_faults(draft, "steps", "text", [step.text for step in draft.entry.steps])
    yield from _list_faults(draft)


def picture_faults(draft: Draft[QuestionEntry], module: ModuleMaterial) -> Iterator[Fault]:
    """Yield where a question and its picture don't fit together: each option a region with a letter, each region an option."""
    entry = draft.entry
    if entry.kind is not Kind.REGION or entry.picture is None:
        return
    if entry.picture not in module.figures:
        yield draft.fault(
            "missing-figure",
            f"the module has no figure `{entry.picture}`",
            "picture",
            expected="a file figures/<name>.svg",
        )
        return
    figure = module.figures[entry.picture]
    if figure is None:
        return  # the drawing itself is faulty, and has its faults
    named = {option.region for option in entry.options}
    for at, option in enumerate(entry.options):
        if option.region and option.region not in figure.regions:
            message = f"`{entry.picture}` has no region `{option.region}`"
            expected = "one of " + ", ".join(sorted(figure.regions))
            yield draft.fault("unknown-region", message, "options", at, "region", expected=expected)
        elif option.region and option.region not in figure.letters:
            message = f"the region `{option.region}` has no place for its letter"
            yield draft.fault(
                "region-letter",
                message,
                "options",
                at,
                "region",
                expected=f'<text data-letter="{option.region}"/> in it',
            )
    for name in sorted((figure.regions | figure.letters) - named):
        yield draft.fault(
            "unknown-region", f"no option names the region `{name}`", "options", expected=f"`region: {name}`"
        )


def _part_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    entry = draft.entry
    parts = _PARTS[entry.kind]
    for name in parts:
        if name == "map" or (name == "picture" and entry.map):
            continue  # one of the two is enough
        if not getattr(entry, name):
            yield draft.fault("missing", f"`{name}` is missing", expected=f"a field `{name}` with `kind: {entry.kind}`")
    if entry.picture and entry.map:
        yield draft.fault("unknown-field", "`picture` and `map` stand together", "map", expected="one of them")
    foreign = {name for fields in _PARTS.values() for name in fields} - set(parts)
    foreign |= set() if entry.kind is Kind.MATCH else {"extra"}
    for name in sorted(foreign):
        if getattr(entry, name):
            yield draft.fault(
                "unknown-field", f"`{name}` does not belong to `kind: {entry.kind}`", name, expected=", ".join(parts)
            )


def _key_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    options = draft.entry.options
    right = sum(option.correct for option in options)
    wrong = len(options) - right
    if not right:
        yield draft.fault("no-key", "no option is correct", "options", expected="`correct: true` at the right one")
    elif draft.entry.kind is Kind.REGION:
        if right == len(options):
            yield draft.fault("key", "every region is correct", "options", expected="a region that is wrong")
    elif draft.entry.kind is not Kind.SEVERAL and right > 1:
        expected = "one, or `kind: several`"
        yield draft.fault("key", f"{right} options are correct", "options", expected=expected)
    elif draft.entry.kind is Kind.SEVERAL and wrong < right:
        message = f"{right} options are right and {wrong} wrong, so ticking everything would pay"
        yield draft.fault(
            "several-balance", message, "options", expected="at least as many wrong options as right ones"
        )
    if draft.entry.kind is not Kind.REGION and len(options) > _MOST_OPTIONS:
        yield draft.fault(
            "shape", f"`options` has {len(options)} entries", "options", expected=f"{_MOST_OPTIONS} at most"
        )


def _region_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    is_region = draft.entry.kind is Kind.REGION
    for at, option in enumerate(draft.entry.options):
        if is_region and option.region is None:
            yield draft.fault("missing", "the option names no region", "options", at, expected="a line `region: …`")
        if not is_region and (option.region or option.near):
            field = "region" if option.region else "near"
            yield draft.fault(
                "unknown-field", f"`{field}` is for `kind: region`", "options", at, field, expected="text, why, correct"
            )
        if option.near and option.correct:
            yield draft.fault(
                "key", "an option is right or near, not both", "options", at, "near", expected="one of them"
            )
    yield from _same_faults(draft, "options", "region", [option.region or "" for option in draft.entry.options])


def _same_faults(draft: Draft[QuestionEntry], field: str, part: str, texts: Sequence[str]) -> Iterator[Fault]:
    """Yield where two entries of ``field`` have the same ``part``."""
    seen: dict[str, int] = {}
    for at, text in enumerate(texts):
        plain = text.casefold().rstrip(".").strip("*_ ")
        if plain and plain in seen:
            message = f"{field} {seen[plain] + 1} and {at + 1} say the same"
            each = f"each {field.removesuffix('s')} once" if part == "text" else f"each {part} once"
            yield draft.fault("duplicate-options", message, field, at, part, expected=each)
        seen.setdefault(plain, at)


def _option_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    entry = draft.entry
    if entry.kind is Kind.TRUE_FALSE and [option.text for option in entry.options] != ["True", "False"]:
        yield draft.fault("truefalse", "the options are not true and false", "options", expected='"True", then "False"')
    yield from _same_faults(draft, "options", "text", [option.text for option in entry.options])


def _list_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    for field, names in (("sources", draft.entry.sources), ("facts", draft.entry.facts)):
        for name, count in Counter(names).items():
            if count > 1:
                yield draft.fault("repeated", f"`{name}` stands {count} times in {field}", field, expected="each once")
