"""What the fields of one question must mean together: a key that can be marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.schema import QuestionEntry
from app.domain.content import Kind


def question_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    """Yield what makes the question unmarkable. None of it can be allowed."""
    yield from _key_faults(draft)
    yield from _option_faults(draft)
    yield from _list_faults(draft)


def _key_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    options = draft.entry.options
    right = sum(option.correct for option in options)
    wrong = len(options) - right
    if not right:
        yield draft.fault("no-key", "no option is correct", "options", expected="`correct: true` at the right one")
    elif draft.entry.kind is not Kind.SEVERAL and right > 1:
        expected = "one, or `kind: several`"
        yield draft.fault("key", f"{right} options are correct", "options", expected=expected)
    elif draft.entry.kind is Kind.SEVERAL and wrong < right:
        message = f"{right} options are right and {wrong} wrong, so ticking everything would pay"
        yield draft.fault(
            "several-balance", message, "options", expected="at least as many wrong options as right ones"
        )


def _option_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    entry = draft.entry
    if entry.kind is Kind.TRUE_FALSE and [option.text for option in entry.options] != ["True", "False"]:
        yield draft.fault("truefalse", "the options are not true and false", "options", expected='"True", then "False"')
    seen: dict[str, int] = {}
    for at, option in enumerate(entry.options):
        text = option.text.casefold().rstrip(".").strip("*_ ")
        if text in seen:
            message = f"options {seen[text] + 1} and {at + 1} say the same"
            yield draft.fault("duplicate-options", message, "options", at, "text", expected="each option once")
        seen.setdefault(text, at)


def _list_faults(draft: Draft[QuestionEntry]) -> Iterator[Fault]:
    for field, names in (("sources", draft.entry.sources), ("facts", draft.entry.facts)):
        for name, count in Counter(names).items():
            if count > 1:
                yield draft.fault("repeated", f"`{name}` stands {count} times in {field}", field, expected="each once")
