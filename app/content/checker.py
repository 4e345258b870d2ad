"""Questions must measure knowledge and not test-wisdom: apply the item-writing rules to a bank of questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.content.drafts import Draft
from app.content.faults import Fault, Place
from app.content.giveaways import RULES, Finding, findings
from app.content.guesses import BANK_MARGIN, MIN_BANK, SIGNIFICANCE, STRATEGIES, follow
from app.content.material import Material
from app.content.schema import QuestionEntry
from app.content.words import content_words, cut, holds_phrase, words
from app.domain.content import Kind

MIN_ANSWER_WORDS = 2
_SHOWN = 8


def item_faults(material: Material, *, is_whole: bool) -> Iterator[Fault]:
    """Yield what gives answers away. Statistics are left out where the bank isn't whole."""
    # The second of two with one id has its fault already.
    by_id: dict[str, Draft[QuestionEntry]] = {}
    for module in material.modules.values():
        for draft in module.questions:
            if _is_markable(draft.entry):
                by_id.setdefault(draft.entry.id, draft)
    drafts = list(by_id.values())
    elsewhere = _pair_findings(drafts)
    for draft in drafts:
        found = [*findings(draft.entry), *elsewhere.get(draft.entry.id, [])]
        yield from _not_allowed(draft, found)
    if is_whole:
        yield from _guess_faults(material)


def _is_markable(question: QuestionEntry) -> bool:
    """Leave out what has faults of its key: the rules compare keys with distractors."""
    match question.kind:
        case Kind.MATCH:
            return bool(question.pairs)
        case Kind.ORDER:
            return bool(question.steps)
        case Kind.NUMERIC:
            return question.answer is not None
        case _:
            return 0 < sum(option.correct for option in question.options) < len(question.options)


def _not_allowed(draft: Draft[QuestionEntry], found: Sequence[Finding]) -> Iterator[Fault]:
    allowed = draft.entry.allow
    for finding in found:
        if finding.rule not in allowed:
            yield draft.fault(finding.rule, finding.message, *finding.spot, expected=finding.expected)
    for rule in allowed.keys() - {finding.rule for finding in found}:
        if rule in RULES:
            message, expected = f"nothing is found here that `{rule}` would have to allow", "the line removed"
        else:
            message, expected = f"no finding is called `{rule}`", "one of " + ", ".join(sorted(RULES))
        yield draft.fault("allow", message, "allow", rule, expected=expected)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its words counted once, because it is compared with all others."""

    draft: Draft[QuestionEntry]
    told: str
    told_words: frozenset[str]
    stem_words: frozenset[str]
    key: str
    key_words: frozenset[str]


def _pair_findings(drafts: Sequence[Draft[QuestionEntry]]) -> dict[str, list[Finding]]:
    """Return by id what another question of the same use gives away: practice is meant to teach what a test asks."""
    asked = [_asked(draft) for draft in drafts]
    found: dict[str, list[Finding]] = {}
    first_with: dict[tuple[object, ...], str] = {}
    for question in asked:
        entry = question.draft.entry
        face = (words(question.told), frozenset(words(text) for text in _choices(entry)))
        if face in first_with:
            message = f"`{first_with[face]}` asks the same with the same options"
            found.setdefault(entry.id, []).append(
                Finding("duplicate-stem", ("stem",), message, "a question of its own")
            )
        first_with.setdefault(face, entry.id)
        for other in asked:
            if other is not question and other.draft.entry.use is entry.use and _answers(other, question):
                message = f"the stem of `{other.draft.entry.id}` gives this answer away (“{cut(question.key)}”)"
                finding = Finding("answered-elsewhere", ("stem",), message, "questions that don't answer each other")
                found.setdefault(entry.id, []).append(finding)
                break
    return found


def _choices(entry: QuestionEntry) -> list[str]:
    """What can be chosen or put in order, in words."""
    options = [option.text for option in entry.options]
    return [*options, *(pair.right for pair in entry.pairs), *(step.text for step in entry.steps)]


def _asked(draft: Draft[QuestionEntry]) -> _Asked:
    entry = draft.entry
    told = f"{entry.vignette or ''} {entry.stem}"
    keys = [option.text for option in entry.options if option.correct]
    # "True" says nothing, and of several keys no other stem will tell all.
    key = keys[0] if entry.kind is Kind.SINGLE else ""
    return _Asked(draft, told, content_words(told), content_words(entry.stem), key, content_words(key))


def _answers(other: _Asked, question: _Asked) -> bool:
    """Say whether ``other`` tells the key of ``question`` and speaks of what its stem asks."""
    if len(question.key_words) < MIN_ANSWER_WORDS or not question.key_words <= other.told_words:
        return False
    if question.key_words <= content_words(question.told):
        return False  # its own stem says these words: they are the topic, not the answer
    if not question.stem_words & other.told_words - question.key_words:
        return False
    return len(question.key_words) > MIN_ANSWER_WORDS or holds_phrase(other.told, question.key)


def _guess_faults(material: Material) -> Iterator[Fault]:
    """Yield where following a rule of form beats chance: per module by a one-sided test, over the bank by a margin."""
    bank: list[QuestionEntry] = []
    for module in material.modules.values():
        questions = [draft.entry for draft in module.questions if draft.entry.kind in (Kind.SINGLE, Kind.SEVERAL)]
        bank += questions
        if module.head:
            yield from _module_guesses(questions, module.head.place)
    if material.course and len(bank) >= MIN_BANK:
        yield from _bank_guesses(bank, material.course.place)


def _module_guesses(questions: Sequence[QuestionEntry], place: Place) -> Iterator[Fault]:
    for name, score in STRATEGIES.items():
        outcome = follow(score, questions)
        if outcome.probability < SIGNIFICANCE:
            message = (
                f"“{name}” finds {outcome.won:.1f} of {outcome.questions} keys where chance finds "
                f"{outcome.expected:.1f} (p = {outcome.probability:.3f}): {_list(outcome.helped_by)}"
            )
            yield place.fault("guessable", message, expected="keys that form doesn't point at (p of 0.05 or more)")


def _bank_guesses(bank: Sequence[QuestionEntry], place: Place) -> Iterator[Fault]:
    for name, score in STRATEGIES.items():
        outcome = follow(score, bank)
        if outcome.excess > BANK_MARGIN:
            message = f"over the whole bank “{name}” beats chance by {outcome.excess * 100:.1f} points"
            yield place.fault("guessable", message, expected=f"{BANK_MARGIN * 100:.0f} points at most")


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
