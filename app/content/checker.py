"""Apply the item-writing rules to a bank of questions: they must measure knowledge, not test-wisdom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.content.drafts import Draft
from app.content.faults import Fault, FileLocation
from app.content.giveaways import RULES, find_giveaways
from app.content.guesses import BANK_MARGIN, MIN_BANK, SIGNIFICANCE, STRATEGIES, follow_strategy
from app.content.kinds import Giveaway, QuestionEntry
from app.content.material import Material
from app.content.words import has_phrase, split_words, stem_content_words, truncate

MIN_ANSWER_WORDS = 2
_SHOWN = 8


def check_items(material: Material, *, is_whole: bool) -> Iterator[Fault]:
    """Yield a fault for everything that gives answers away; statistics need the whole bank."""
    # A repeated id already has a fault.
    by_id: dict[str, Draft[QuestionEntry]] = {}
    for module in material.modules.values():
        for draft in module.questions:
            if draft.entry.is_markable:  # the rules compare keys with distractors
                by_id.setdefault(draft.entry.id, draft)
    drafts = list(by_id.values())
    elsewhere = _find_pair_giveaways(drafts)
    for draft in drafts:
        found = [*find_giveaways(draft.entry), *elsewhere.get(draft.entry.id, [])]
        yield from _keep_unallowed(draft, found)
    if is_whole:
        yield from _check_guesses(material)


def check_item(draft: Draft[QuestionEntry], others: Sequence[Draft[QuestionEntry]]) -> Iterator[Fault]:
    """Yield what :func:`check_items` would find in one question beside ``others``."""
    if draft.entry.is_markable:
        found = [*find_giveaways(draft.entry), *_find_pair_giveaways([*others, draft], [draft]).get(draft.entry.id, [])]
        yield from _keep_unallowed(draft, found)


def _keep_unallowed(draft: Draft[QuestionEntry], found: Sequence[Giveaway]) -> Iterator[Fault]:
    allowed = draft.entry.allow
    for finding in found:
        if finding.rule not in allowed:
            yield draft.fault(finding.rule, finding.message, *finding.spot, expected=finding.expected)
    for rule in allowed.keys() - {finding.rule for finding in found}:
        if rule in RULES:
            message, expected = f"`{rule}` finds nothing here, so there is nothing to allow", "the line removed"
        else:
            message, expected = f"there is no rule `{rule}`", "one of " + ", ".join(sorted(RULES))
        yield draft.fault("allow", message, "allow", rule, expected=expected)


@dataclass(frozen=True, slots=True)
class _WordedQuestion:
    """A question with its words counted once, because it is compared with all others."""

    draft: Draft[QuestionEntry]
    told: str
    told_words: frozenset[str]
    stem_words: frozenset[str]
    key: str
    key_words: frozenset[str]


def _find_pair_giveaways(
    drafts: Sequence[Draft[QuestionEntry]], wanted: Sequence[Draft[QuestionEntry]] | None = None
) -> dict[str, list[Giveaway]]:
    """Return by id the findings on pairs of questions of the same use, for all or for those ``wanted``.

    Practice is meant to teach what a test asks, so it may give away test questions.
    """
    asked = [_count_words(draft) for draft in drafts]
    found: dict[str, list[Giveaway]] = {}
    first_with: dict[tuple[object, ...], str] = {}
    for question in asked:
        entry = question.draft.entry
        face = (split_words(question.told), frozenset(split_words(text) for text in entry.choice_texts))
        if wanted is not None and question.draft not in wanted:
            first_with.setdefault(face, entry.id)
            continue
        if face in first_with:
            message = f"`{first_with[face]}` asks the same question with the same options"
            found.setdefault(entry.id, []).append(
                Giveaway("duplicate-stem", ("stem",), message, "a different question")
            )
        first_with.setdefault(face, entry.id)
        for other in asked:
            if other is not question and other.draft.entry.use is entry.use and _gives_answer(other, question):
                message = f"the stem of `{other.draft.entry.id}` gives this answer away (“{truncate(question.key)}”)"
                finding = Giveaway("answered-elsewhere", ("stem",), message, "questions that don't answer each other")
                found.setdefault(entry.id, []).append(finding)
                break
    return found


def _count_words(draft: Draft[QuestionEntry]) -> _WordedQuestion:
    entry = draft.entry
    told = f"{entry.vignette or ''} {entry.stem}"
    key = entry.only_key
    return _WordedQuestion(
        draft, told, stem_content_words(told), stem_content_words(entry.stem), key, stem_content_words(key)
    )


def _gives_answer(other: _WordedQuestion, question: _WordedQuestion) -> bool:
    """Return whether ``other`` contains the key of ``question`` and shares other words with its stem."""
    if len(question.key_words) < MIN_ANSWER_WORDS or not question.key_words <= other.told_words:
        return False
    if question.key_words <= stem_content_words(question.told):
        return False  # its own stem contains these words: they are the topic, not the answer
    if not question.stem_words & other.told_words - question.key_words:
        return False
    return len(question.key_words) > MIN_ANSWER_WORDS or has_phrase(other.told, question.key)


def _check_guesses(material: Material) -> Iterator[Fault]:
    """Yield a fault for each rule of form that beats chance.

    A module is tested by a one-sided test, the whole bank by a margin.
    """
    bank: list[QuestionEntry] = []
    for module in material.modules.values():
        questions = [draft.entry for draft in module.questions if draft.entry.guessable]
        bank += questions
        if module.head:
            yield from _module_guesses(questions, module.head.place)
    if material.course and len(bank) >= MIN_BANK:
        yield from _bank_guesses(bank, material.course.place)


def _module_guesses(questions: Sequence[QuestionEntry], place: FileLocation) -> Iterator[Fault]:
    for name, score in STRATEGIES.items():
        outcome = follow_strategy(score, questions)
        if outcome.probability < SIGNIFICANCE:
            message = (
                f"“{name}” finds {outcome.won:.1f} of {outcome.questions} keys, but chance finds "
                f"{outcome.expected:.1f} (p = {outcome.probability:.3f}): {_list(outcome.helped_by)}"
            )
            yield place.fault("guessable", message, expected="keys that their form does not reveal (p of 0.05 or more)")


def _bank_guesses(bank: Sequence[QuestionEntry], place: FileLocation) -> Iterator[Fault]:
    for name, score in STRATEGIES.items():
        outcome = follow_strategy(score, bank)
        if outcome.excess > BANK_MARGIN:
            message = f"over the whole bank “{name}” beats chance by {outcome.excess * 100:.1f} points"
            yield place.fault("guessable", message, expected=f"{BANK_MARGIN * 100:.0f} points at most")


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
