"""Resolve every id, and report unknown, misplaced and missing things and impossible counts."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from app.content.body_map import build_map_parts, check_body_map, check_unused_zones
from app.content.drafts import Draft
from app.content.faults import Fault, FileLocation, Step
from app.content.kinds import MapParts, QuestionEntry
from app.content.lessons import LessonDraft, NameMention
from app.content.material import Material, ModuleMaterial, NameIndex
from app.content.schema import LibraryModuleEntry, ObjectiveEntry, SourceEntry
from app.domain.content import Level, Use
from app.domain.kinds import get_kind

MIN_PRACTICE = 2


def check_references(material: Material) -> Iterator[Fault]:
    """Yield a fault for every name that refers to nothing."""
    yield from _check_course(material)
    yield from check_body_map(material)
    sections = list_sections(material)
    questions = {draft.entry.id: draft.entry for module in material.modules.values() for draft in module.questions}
    map_faulty = any(fault.path.name in ("muscles.yaml", "zones.yaml") for fault in material.faults)
    parts = None if map_faulty else build_map_parts(material)
    for module in material.modules.values():
        if module.head:
            yield from check_head(module, module.head, material, sections)
        for lesson in module.lessons:
            yield from check_lesson(lesson, material, questions)
        for question in module.questions:
            yield from check_question(question, module, material, parts)
    yield from _check_leaflets(material)
    yield from _check_links(material)
    yield from _check_statuses(material)


def list_sections(material: Material) -> dict[str, set[str]]:
    """Return the ids of the sections of each lesson, by its id."""
    return {
        lesson.lesson.id: {section.id for section in lesson.lesson.sections}
        for module in material.modules.values()
        for lesson in module.lessons
    }


def _check_leaflets(material: Material) -> Iterator[Fault]:
    for leaflet in material.leaflets:
        place = leaflet.draft.place
        yield from _check_known(leaflet.leaflet.lesson, material.lesson_names, place, "unknown-lesson", "lesson")
        for source in leaflet.cited:
            if material.source_names.lacks(source.name):
                yield _unknown_mention(place, source, material.source_names, "unknown-source")


def _check_links(material: Material) -> Iterator[Fault]:
    """Yield a fault for each source whose readers are not told where to find it, or why they cannot."""
    for draft in material.sources:
        yield from check_link(draft)


def check_link(draft: Draft[SourceEntry]) -> Iterator[Fault]:
    if (draft.entry.link is None) == (draft.entry.unlinked is None):
        has = "no link and no reason for it" if draft.entry.link is None else "a link and a reason for having none"
        expected = "`link`, or `unlinked` with the reason"
        yield draft.fault("link", f"`{draft.entry.id}` has {has}", "id", expected=expected)


def _check_statuses(material: Material) -> Iterator[Fault]:
    """Yield a fault for each source that is no longer current without saying why, or is replaced by one like it."""
    old = {draft.entry.id for draft in material.sources if draft.entry.status}
    for draft in material.sources:
        yield from check_status(draft, material.source_names, old)


def check_status(draft: Draft[SourceEntry], names: NameIndex, old: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with the status of a source. ``old`` are the ids of all sources that are not current."""
    entry = draft.entry
    if (entry.status is None) != (entry.status_note is None):
        has = "a status without a note" if entry.status else "a note without a status"
        expected = "`status` and, in `status_note`, what happened"
        yield draft.fault("status", f"`{entry.id}` has {has}", "id", expected=expected)
    if entry.replaced_by is None:
        return
    yield from _check_known(entry.replaced_by, names, draft.place, "unknown-source", "replaced_by")
    if entry.status is None:
        message = f"`{entry.id}` is replaced but has no status"
        yield draft.fault("status", message, "replaced_by", expected="`status: superseded`")
    elif entry.replaced_by in old:
        message = f"`{entry.replaced_by}` is not current either"
        yield draft.fault("status", message, "replaced_by", expected="the source that is used now")


def check_counts(material: Material) -> Iterator[Fault]:
    """Yield a fault for each wrong number of something; meaningful only if there are no other faults."""
    yield from check_unused_zones(material)
    yield from _check_untaught(material)
    for module in material.modules.values():
        if module.head:
            yield from check_pool(module, module.head)
        shown = {mention.name for lesson in module.lessons for mention in lesson.figures}
        shown |= {name for draft in module.questions for name in draft.entry.figure_names}
        for name, figure in module.figures.items():
            if figure and name not in shown:
                yield Fault(
                    figure.path,
                    1,
                    "unused-figure",
                    f"nothing shows `{name}`",
                    f"`::: figure {name}` in a lesson of this module, or `picture: {name}` in a question",
                )
        yield from _check_pictures(module)


def _check_pictures(module: ModuleMaterial) -> Iterator[Fault]:
    """Yield a fault for each picture that no figure shows."""
    shown = {name for figure in module.figures.values() if figure for name in figure.pictures}
    for path in module.shelf.pictures:
        if path.name not in shown:
            message = f"no figure shows the picture `{path.name}`"
            yield Fault(path, 1, "unused-picture", message, f'<image href="../pictures/{path.name}" … /> in a figure')


def _check_untaught(material: Material) -> Iterator[Fault]:
    """Yield a fault for each statement of the article that no lesson covers.

    The course must say whether each statement is true.
    """
    taught = {
        fact for module in material.modules.values() for lesson in module.lessons for fact in lesson.draft.entry.facts
    }
    for draft in material.statements:
        if draft.entry.id not in taught:
            message = f"no lesson teaches the statement `{draft.entry.id}`"
            yield draft.fault("untaught", message, "id", expected=f"{draft.entry.id} among the `facts` of a lesson")


def _check_course(material: Material) -> Iterator[Fault]:
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
        yield from _check_folder(module)
    lesson = course.entry.red_flags
    if lesson is not None:
        yield from _check_known(lesson, material.lesson_names, course.place, "unknown-lesson", "red_flags")


def _check_folder(module: ModuleMaterial) -> Iterator[Fault]:
    heads = module.shelf.heads
    if not heads:
        yield Fault(
            module.shelf.folders[0], 1, "missing", "the module's folder has no module.yaml", "a file module.yaml"
        )
    for path in heads[1:]:
        message = f"the module `{module.name}` already has a module.yaml ({heads[0]})"
        yield Fault(path, 1, "duplicate-id", message, "lessons, questions and figures only in a further folder")


def check_head(
    module: ModuleMaterial, head: Draft[LibraryModuleEntry], material: Material, sections: dict[str, set[str]]
) -> Iterator[Fault]:
    """Yield a fault for each name in a module.yaml that refers to nothing. ``sections`` are those of each lesson."""
    own = {objective.id for objective in head.entry.objectives}
    for at, objective in enumerate(head.entry.objectives):
        yield from _check_lesson_ref(objective, head.place.within("objectives", at), module, material, sections)
    for at, draw in enumerate(head.entry.test.blueprint):
        place = head.place.within("test", "blueprint", at)
        if draw.objective in own:
            continue
        yield from _check_known_here(draw.objective, own, material, place, "objective")


def _check_lesson_ref(
    objective: ObjectiveEntry,
    place: FileLocation,
    module: ModuleMaterial,
    material: Material,
    sections: dict[str, set[str]],
) -> Iterator[Fault]:
    if objective.read is None:
        return
    lesson, _, section = objective.read.partition("#")
    if unknown := list(_check_known(lesson, material.lesson_names, place, "unknown-lesson", "read")):
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


def check_lesson(lesson: LessonDraft, material: Material, questions: dict[str, QuestionEntry]) -> Iterator[Fault]:
    """Yield a fault for each name in a lesson that refers to nothing. ``questions`` are all questions by id."""
    place = lesson.draft.place
    for at, objective in enumerate(lesson.draft.entry.objectives):
        yield from _check_known(objective, material.objective_names, place, "unknown-objective", "objectives", at)
    for source in lesson.cited:
        if material.source_names.lacks(source.name):
            yield _unknown_mention(place, source, material.source_names, "unknown-source")
    for check in lesson.checks:
        if material.question_names.lacks(check.name):
            yield _unknown_mention(place, check, material.question_names, "unknown-question")
        elif asked := questions.get(check.name):
            yield from _check_lesson_check(place, check, asked)


def _check_lesson_check(place: FileLocation, check: NameMention, asked: QuestionEntry) -> Iterator[Fault]:
    if asked.use is not Use.PRACTICE:
        kept = "an exam" if asked.use is Use.EXAM else "a test"
        message = f"`{check.name}` is {kept} question and must not be shown in a lesson"
        yield Fault(place.path, check.line, "test-question", message, "a question with `use: practice`")
    if get_kind(asked.kind).step_field:
        message = f"`{check.name}` is answered in steps, and a check in a lesson has only one"
        yield Fault(place.path, check.line, "check-in-steps", message, "a question of another kind")


def _unknown_mention(place: FileLocation, mention: NameMention, names: NameIndex, rule: str) -> Fault:
    expected = _one_of(mention.name, names, "an id that exists")
    message = f"`{mention.name}` is not among the {names.kind}"
    return Fault(place.path, mention.line, rule, message, expected)


def check_question(
    draft: Draft[QuestionEntry], module: ModuleMaterial, material: Material, parts: MapParts | None
) -> Iterator[Fault]:
    """Yield what makes a question unmarkable, and a fault for each name in it that refers to nothing."""
    yield from draft.entry.faults(draft.place)
    yield from draft.entry.reference_faults(draft.place, module.figures, parts)
    for at, source in enumerate(draft.entry.sources):
        yield from _check_known(source, material.source_names, draft.place, "unknown-source", "sources", at)
    if module.head:
        own = {objective.id for objective in module.head.entry.objectives}
        if draft.entry.objective not in own:
            yield from _check_known_here(draft.entry.objective, own, material, draft.place, "objective")


def _check_known(name: str, names: NameIndex, place: FileLocation, rule: str, *spot: Step) -> Iterator[Fault]:
    if names.lacks(name):
        expected = _one_of(name, names, "an id that exists")
        yield place.fault(rule, f"`{name}` is not among the {names.kind}", *spot, expected=expected)


def _check_known_here(
    name: str, own: set[str], material: Material, place: FileLocation, *spot: Step
) -> Iterator[Fault]:
    """Yield a fault if an objective is unknown or belongs to another module."""
    if name in material.objective_names.places:
        yield place.fault(
            "unknown-objective",
            f"the objective `{name}` belongs to another module",
            *spot,
            expected=_one_of(name, own, "one of this module"),
        )
    else:
        yield from _check_known(name, material.objective_names, place, "unknown-objective", *spot)


def _one_of(name: str, names: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"perhaps `{close[0]}`" if close else otherwise


def check_pool(module: ModuleMaterial, head: Draft[LibraryModuleEntry]) -> Iterator[Fault]:
    """Yield a fault for each draw that the questions of a module cannot fill."""
    yield from _check_practice(module, head)
    yield from _check_blueprint(module, head)


def _check_practice(module: ModuleMaterial, head: Draft[LibraryModuleEntry]) -> Iterator[Fault]:
    """Check that each objective can be practised, unless the module of a library has no ``practice``."""
    entry = head.entry
    if entry.practice is None:
        return
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


def _check_blueprint(module: ModuleMaterial, head: Draft[LibraryModuleEntry]) -> Iterator[Fault]:
    """Check that the blueprint adds up, and that each pool of the module fills it.

    A module without exam questions needs test questions, and one with exam questions may do without.
    """
    test = head.entry.test
    total = sum(draw.questions for draw in test.blueprint)
    if total != test.questions:
        message = f"the lines of the blueprint add up to {total}, but `questions` is {test.questions}"
        yield head.fault("blueprint", message, "test", "blueprint", expected=f"lines that add up to {test.questions}")
    uses = {draft.entry.use for draft in module.questions}
    for use in (Use.TEST, Use.EXAM):
        if use in uses or (use is Use.TEST and Use.EXAM not in uses):
            yield from _check_draws(module, head, use)


def _check_draws(module: ModuleMaterial, head: Draft[LibraryModuleEntry], use: Use) -> Iterator[Fault]:
    pool = Counter((draft.entry.objective, draft.entry.level) for draft in module.questions if draft.entry.use is use)
    drawn: Counter[tuple[str, Level | None]] = Counter()
    for at, draw in enumerate(head.entry.test.blueprint):
        drawn[draw.objective, draw.level] += draw.questions
        # Draws of one level can use only that level, and must leave enough for draws of any level.
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
            message = (
                f"the blueprint draws {wanted}{of_level} on `{draw.objective}`, which has {there} with `use: {use}`"
            )
            yield head.fault(
                "blueprint",
                message,
                "test",
                "blueprint",
                at,
                expected=f"more questions with `use: {use}`, or fewer in the blueprint",
            )
