"""The course of the tests, and the database with it that is kept between runs."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grimp
import pytest

from app.domain.content import LessonCheck, Use
from tests.support.chosen_attempts import FIXED_QUESTIONS
from tests.support.published_course import CODE, ROOT, copy_cached, fingerprint, load_small_course
from tests.support.question_kinds import MARKED_BY_KEY


def test_the_course_has_what_its_readme_says() -> None:
    course = load_small_course()
    modules = {module.id: module for module in course.modules}
    kinds = {name: {one.kind for one in module.questions} for name, module in modules.items()}
    safety = modules["safety"]
    drawn = Counter({draw.objective: draw.questions for draw in safety.blueprint})
    critical = {one.objective for one in safety.questions if one.critical and one.use is Use.TEST}

    assert {(one.practice_questions, one.test_questions, one.test_minutes) for one in course.modules} == {(10, 10, 15)}
    assert kinds["trigger-points"] == {kind.name for kind in MARKED_BY_KEY}
    assert kinds["safety"] <= {"single", "several"}
    assert all(len(one.options) > 3 for one in safety.questions)
    assert [name for name, module in modules.items() if module.asks_certainty] == ["safety"]
    assert critical
    assert drawn.keys() - critical
    assert all(any(isinstance(part, LessonCheck) for part in lesson.parts) for lesson in safety.lessons)


def test_every_kind_has_a_practice_question_that_tests_can_count_on() -> None:
    questions = {one.id: one for module in load_small_course().modules for one in module.questions}
    practised = {one.kind for one in questions.values() if one.use is Use.PRACTICE}

    assert practised == {kind.name for kind in MARKED_BY_KEY}
    assert {kind: questions[name].kind for kind, name in FIXED_QUESTIONS.items()} == {
        kind: kind for kind in FIXED_QUESTIONS
    }
    assert (len(questions[FIXED_QUESTIONS["match"]].prompts), len(questions[FIXED_QUESTIONS["order"]].options)) == (
        4,
        5,
    )


def test_the_name_of_the_kept_database_covers_all_code_that_publishes() -> None:
    """Fails when the publisher imports a module whose change would leave an outdated database in the cache."""
    graph = grimp.build_graph("app", cache_dir=None)
    starts = ("app.services.course.publisher", "app.content.loader", "app.models")
    used = {module for start in starts for module in graph.find_upstream_modules(start)}
    covered = tuple(name.removesuffix(".py").replace("/", ".") for name in CODE)

    assert {module for module in used if not module.startswith(covered)} == set()
    assert all((ROOT / name).exists() for name in CODE)


def test_a_changed_question_makes_another_database(tmp_path: Path) -> None:
    question = tmp_path / "1-basics" / "questions.yaml"
    question.parent.mkdir()
    question.write_text("one")
    before = fingerprint(tmp_path)

    question.write_text("two")
    changed = fingerprint(tmp_path)
    question.rename(question.with_name("renamed.yaml"))

    assert len({before, changed, fingerprint(tmp_path)}) == 3


def test_of_many_processes_one_builds_and_all_get_the_whole_file(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(path: Path) -> None:
        built.append(path)
        path.write_text("published" * 10_000)

    def take(number: int) -> str:
        return copy_cached("one.sqlite3", tmp_path / "cache", tmp_path / f"copy-{number}", build).read_text()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(take, range(16)))

    assert len(built) == 1
    assert found == ["published" * 10_000] * 16


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half of it")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        copy_cached("one.sqlite3", tmp_path, tmp_path / "copy", fail)

    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
