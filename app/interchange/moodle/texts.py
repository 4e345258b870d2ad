"""What Moodle XML and GIFT have in common: paths of categories, short answers with ``*``, information for graders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from app.content.interactions import AcceptedText, Note, Severity
from app.interchange.markup import clean

_CONTEXTS = re.compile(r"\$(course|module|cat|system|user)\w*\$|top", re.IGNORECASE)
_MODEL = "Model answer: "
_LOOSE = Note(Severity.CHANGED, "accents, spaces and punctuation of an answer no longer matter")


def split_category(path: str) -> tuple[str, ...]:
    """Split ``$course$/top/A/B`` into the names below the top; ``//`` is a slash within a name."""
    parts = re.split(r"(?<!/)/(?!/)", " ".join(clean(path).split()))
    names = [part.replace("//", "/").strip() for part in parts]
    while names and (not names[0] or _CONTEXTS.fullmatch(names[0])):
        names.pop(0)
    return tuple(name[:250] for name in names if name)


def join_category(names: Iterable[str]) -> str:
    return "/".join(("top", *(name.replace("/", "//") for name in names)))


def join_grader_info(rubric: str, model_answer: str) -> str:
    """Return the rubric and, in its last paragraph, the model answer: Moodle has one field for both."""
    return "\n\n".join(filter(None, (rubric, _MODEL + model_answer if model_answer else "")))


def split_grader_info(text: str) -> tuple[str, str]:
    """Split what :func:`join_grader_info` wrote into the rubric and the model answer."""
    rubric, found, model_answer = text.rpartition(_MODEL)
    is_ours = found and (not rubric or rubric.endswith("\n\n")) and "\n\n" not in model_answer
    return (rubric.strip(), model_answer) if is_ours else (text, "")


def split_otherwise(answers: Sequence[AcceptedText]) -> tuple[tuple[AcceptedText, ...], str]:
    """Split off a last ``*`` without marks: its feedback is that on all other answers."""
    if answers and answers[-1].text == "*" and answers[-1].fraction <= 0 and len(answers) > 1:
        return tuple(answers[:-1]), answers[-1].feedback
    return tuple(answers), ""


def note_short_answers(answers: Iterable[AcceptedText]) -> Iterator[Note]:
    yield _LOOSE
    if any("\\*" in one.text for one in answers):
        yield Note(Severity.WARNING, "“\\*” meant a star; here each star stands for any text")
