"""Follow every id to what it names: unknown, misplaced and missing things, and counts that cannot work out."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator

from app.content.body_map import body_map_faults, map_parts, unused_zone_faults
from app.content.drafts import Draft
from app.content.faults import Fault, Place, Step
from app.content.lessons import LessonDraft, Mention
from app.content.map_pictures import MapParts, map_faults
from app.content.material import Material, ModuleMaterial, Names
from app.content.questions import picture_faults, question_faults
from app.content.schema import ModuleEntry, ObjectiveEntry, QuestionEntry
from app.domain.content import Level, Use

MIN_PRACTICE = 2


def reference_faults(material: Material) -> Iterator[Fault]:
    """Yield a fault for everything named that isn't there."""
    yield from _course_faults(material)
    yield from body_map_faults(material)
    sections = {
        lesson.lesson.id: {section.id for section in lesson.lesson.sections}
        for module in material.modules.values()
        for lesson in module.lessons
    }
    uses = {draft.entry.id: draft.entry.use for module in material.modules.values() for draft in module.questions}
    map_faulty = any(fault.path.name in ("muscles.yaml", "zones.yaml") for fault in material.faults)
    parts = None if map_faulty else map_parts(material)
    for module in material.modules.values():
        if module.head:
            yield from _head_faults(module, module.head, material, sections)
        for lesson in module.lessons:
            yield from _lesson_faults(lesson, material, uses)
        for question in module.questions:
            yield from _question_faults(question, module, material, parts)


def count_faults(material: Material) -> Iterator[Fault]:
    """Yield what is too little or too much. Meaningful only where nothing was lost to other faults."""
    yield from unused_zone_faults(material)
    yield from _untaught_faults(material)
    for module in material.modules.values():
        if module.head:
            yield from _pool_faults(module, module.head)
        shown = {mention.name for lesson in module.lessons for mention in lesson.figures}
        shown |= {draft.entry.picture for draft in module.questions if draft.entry.picture}
        for name, figure in module.figures.items():
            if figure and name not in shown:
                yield Fault(
                    figure.path,
                    1,
                    "unused-figure",
                    f"nothing shows `{name}`",
                    f"`::: figure {name}` in a lesson of this module, or `picture: {name}` in a question",
                )


def _untaught_faults(material: Material) -> Iterator[Fault]:
    """Yield each statement of the article that no lesson rests on: the course must say whether it holds up."""
    taught = {
        fact for module in material.modules.values() for lesson in module.lessons for fact in lesson.draft.entry.facts
    }
    for draft in material.statements:
        if draft.entry.id not in taught:
            message = f"no lesson teaches the statement `{draft.entry.id}`"
            yield draft.fault("untaught", message, "id", expected=f"{draft.entry.id} among the `facts` of a lesson")


def _course_faults(material: Material) -> Iterator[Fault]:
    course = material.course
    if course is None:
        return
    for at, name in enumerate(course.entry.modules):
        if name in course.entry.modules[:at]:
            yield course.fault("modules", f"`{name}` is listed twice", "modules", at, expected="each module once")
        elif name not in material.modules:
            yield course.fault(
                "modules", f"the module `{name}` has no folder", "modules", at, expected=f"a folder N-{name}"
            )
    for name, module in material.modules.items():
        if name not in course.entry.modules:
            expected = f"`{name}` among `modules` of course.yaml"
            yield Fault(
                module.shelf.folders[0], 1, "modules", f"course.yaml does not list the module `{name}`", expected
            )
        yield from _folder_faults(module)
    lesson = course.entry.red_flags
    yield from _known(lesson, material.lesson_names, course.place, "unknown-lesson", "red_flags")


def _folder_faults(module: ModuleMaterial) -> Iterator[Fault]:
    heads = module.shelf.heads
    if not heads:
        yield Fault(
            module.shelf.folders[0], 1, "missing", "the module's folder has no module.yaml", "a file module.yaml"
        )
    for path in heads[1:]:
        message = f"the module `{module.name}` already has a module.yaml ({heads[0]})"
        yield Fault(path, 1, "duplicate-id", message, "lessons, questions and figures only in a further folder")


def _head_faults(
    module: ModuleMaterial, head: Draft[ModuleEntry], material: Material, sections: dict[str, set[str]]
) -> Iterator[Fault]:
    own = {objective.id for objective in head.entry.objectives}
    for at, objective in enumerate(head.entry.objectives):
        yield from _read_faults(objective, head.place.within("objectives", at), module, material, sections)
    for at, draw in enumerate(head.entry.test.blueprint):
        place = head.place.within("test", "blueprint", at)
        if draw.objective in own:
            continue
        yield from _known_here(draw.objective, own, material, place, "objective")


def _read_faults(
    objective: ObjectiveEntry, place: Place, module: ModuleMaterial, material: Material, sections: dict[str, set[str]]
) -> Iterator[Fault]:
    if objective.read is None:
        return
    lesson, _, section = objective.read.partition("#")
    if unknown := list(_known(lesson, material.lesson_names, place, "unknown-lesson", "read")):
        yield from unknown
    elif lesson in sections and lesson not in {draft.lesson.id for draft in module.lessons}:
        yield place.fault(
            "unknown-lesson",
            f"the lesson `{lesson}` belongs to another module",
            "read",
            expected="a lesson of this module",
        )
    elif section and lesson in sections and section not in sections[lesson]:
        expected = _one_of(section, sections[lesson], f"`## … {{#{section}}}` in the lesson")
        yield place.fault(
            "unknown-section", f"the lesson `{lesson}` has no section `{section}`", "read", expected=expected
        )


def _lesson_faults(lesson: LessonDraft, material: Material, uses: dict[str, Use]) -> Iterator[Fault]:
    place = lesson.draft.place
    for at, objective in enumerate(lesson.draft.entry.objectives):
        yield from _known(objective, material.objective_names, place, "unknown-objective", "objectives", at)
    for source in lesson.cited:
        if material.source_names.lacks(source.name):
            yield _unknown_mention(lesson, source, material.source_names, "unknown-source")
    for check in lesson.checks:
        if material.question_names.lacks(check.name):
            yield _unknown_mention(lesson, check, material.question_names, "unknown-question")
        elif uses.get(check.name) is Use.TEST:
            message = f"`{check.name}` is a test question and must not be shown in a lesson"
            yield Fault(place.path, check.line, "test-question", message, "a question with `use: practice`")


def _unknown_mention(lesson: LessonDraft, mention: Mention, names: Names, rule: str) -> Fault:
    expected = _one_of(mention.name, names, "an id that exists")
    message = f"`{mention.name}` is not among the {names.kind}"
    return Fault(lesson.draft.place.path, mention.line, rule, message, expected)


def _question_faults(
    draft: Draft[QuestionEntry], module: ModuleMaterial, material: Material, parts: MapParts | None
) -> Iterator[Fault]:
    yield from question_faults(draft)
    yield from picture_faults(draft, module)
    if parts:  # a map with faults of its own would be blamed on every question
        yield from map_faults(draft, parts)
    for at, source in enumerate(draft.entry.sources):
        yield from _known(source, material.source_names, draft.place, "unknown-source", "sources", at)
    if module.head:
        own = {objective.id for objective in module.head.entry.objectives}
        if draft.entry.objective not in own:
            yield from _known_here(draft.entry.objective, own, material, draft.place, "objective")


def _known(name: str, names: Names, place: Place, rule: str, *spot: Step) -> Iterator[Fault]:
    if names.lacks(name):
        expected = _one_of(name, names, "an id that exists")
        yield place.fault(rule, f"`{name}` is not among the {names.kind}", *spot, expected=expected)


def _known_here(name: str, own: set[str], material: Material, place: Place, *spot: Step) -> Iterator[Fault]:
    """Name an objective that is unknown, or known but another module's."""
    if name in material.objective_names.places:
        yield place.fault(
            "unknown-objective",
            f"the objective `{name}` belongs to another module",
            *spot,
            expected=_one_of(name, own, "one of this module"),
        )
    else:
        yield from _known(name, material.objective_names, place, "unknown-objective", *spot)


def _one_of(name: str, names: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"perhaps `{close[0]}`" if close else otherwise


def _pool_faults(module: ModuleMaterial, head: Draft[ModuleEntry]) -> Iterator[Fault]:
    entry = head.entry
    practice = Counter(draft.entry.objective for draft in module.questions if draft.entry.use is Use.PRACTICE)
    for at, objective in enumerate(entry.objectives):
        if practice[objective.id] < MIN_PRACTICE:
            message = f"`{objective.id}` has too few practice questions ({practice[objective.id]})"
            yield head.fault("practice-questions", message, "objectives", at, "id", expected=f"{MIN_PRACTICE} or more")
    if practice.total() < entry.practice.questions:
        message = f"a practice quiz cannot draw {entry.practice.questions} questions from {practice.total()}"
        yield head.fault(
            "practice-questions",
            message,
            "practice",
            "questions",
            expected=f"{practice.total()} or fewer, or more questions",
        )
    yield from _blueprint_faults(module, head)


def _blueprint_faults(module: ModuleMaterial, head: Draft[ModuleEntry]) -> Iterator[Fault]:
    test = head.entry.test
    total = sum(draw.questions for draw in test.blueprint)
    if total != test.questions:
        message = f"the blueprint adds up to {total}, the test to {test.questions}"
        yield head.fault("blueprint", message, "test", "blueprint", expected=f"lines that add up to {test.questions}")
    pool = Counter(
        (draft.entry.objective, draft.entry.level) for draft in module.questions if draft.entry.use is Use.TEST
    )
    drawn: Counter[tuple[str, Level | None]] = Counter()
    for at, draw in enumerate(test.blueprint):
        drawn[draw.objective, draw.level] += draw.questions
        # Draws of a level can only take that level; together they must leave enough for draws of any level.
        there = sum(
            count
            for (objective, level), count in pool.items()
            if objective == draw.objective and draw.level in (None, level)
        )
        wanted = sum(
            count
            for (objective, level), count in drawn.items()
            if objective == draw.objective and draw.level in (None, level)
        )
        if wanted > there:
            of_level = f" of level {draw.level}" if draw.level else ""
            message = f"{wanted} test questions on `{draw.objective}`{of_level} cannot be drawn from {there}"
            yield head.fault(
                "blueprint",
                message,
                "test",
                "blueprint",
                at,
                expected="more questions with `use: test`, or a smaller draw",
            )
