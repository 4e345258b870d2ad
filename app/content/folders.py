"""Find the files of a course in its folders, and name those that nobody would read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.content.faults import Fault

_MODULE_FOLDER = re.compile(r"\d+-([a-z0-9]+(?:-[a-z0-9]+)*)")
_LESSON_FILE = re.compile(r"\d+-[a-z0-9]+(-[a-z0-9]+)*\.md")
_FIGURE_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.svg")
_MAP_FOLDER = "body-map"
_SUFFIXES = {".yaml", ".yml", ".md", ".svg"}


@dataclass(slots=True)
class ModuleShelf:
    """The files of one module, from all folders."""

    folders: list[Path] = field(default_factory=list)
    heads: list[Path] = field(default_factory=list)
    lessons: list[Path] = field(default_factory=list)
    questions: list[Path] = field(default_factory=list)
    figures: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class Shelf:
    """All files of a course by what they hold; ``modules`` by their folder's name: ``3-treatment`` -> ``treatment``."""

    courses: list[Path] = field(default_factory=list)
    sources: list[Path] = field(default_factory=list)
    muscles: list[Path] = field(default_factory=list)
    statements: list[Path] = field(default_factory=list)
    zones: list[Path] = field(default_factory=list)
    modules: dict[str, ModuleShelf] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def survey(folders: Sequence[Path]) -> Shelf:
    """Look through ``folders``: the course first, then what an installation adds to it."""
    shelf = Shelf()
    for folder in folders:
        if not folder.is_dir():
            shelf.faults.append(Fault(folder, 1, "folder", "there is no such folder", "a folder with content files"))
            continue
        for path in _listed(folder, shelf):
            _sort_in(path, shelf)
    return shelf


def _sort_in(path: Path, shelf: Shelf) -> None:
    if path.is_dir():
        if path.name == _MAP_FOLDER:
            _take_files(path, shelf.zones, re.compile(r"zones\.yaml"), "zones.yaml", shelf)
        elif found := _MODULE_FOLDER.fullmatch(path.name):
            _survey_module(path, shelf.modules.setdefault(found.group(1), ModuleShelf()), shelf)
        else:
            shelf.faults.append(
                Fault(
                    path,
                    1,
                    "folder",
                    f"`{path.name}` is not a module's folder",
                    "a number, a hyphen and the module's id",
                )
            )
    elif path.name == "course.yaml":
        shelf.courses.append(path)
    elif path.name == "sources.yaml":
        shelf.sources.append(path)
    elif path.name == "muscles.yaml":
        shelf.muscles.append(path)
    elif path.name == "article.yaml":
        shelf.statements.append(path)
    elif path.suffix in {".yaml", ".yml"}:
        _stray(path, "course.yaml, sources.yaml, muscles.yaml or article.yaml", shelf)


def _survey_module(folder: Path, module: ModuleShelf, shelf: Shelf) -> None:
    module.folders.append(folder)
    takers = {
        "lessons": (module.lessons, _LESSON_FILE, "NN-name.md"),
        "questions": (module.questions, re.compile(r".+\.yaml"), "name.yaml"),
        "figures": (module.figures, _FIGURE_FILE, "name.svg, in a-z, 0-9 and hyphens"),
    }
    for path in _listed(folder, shelf):
        if path.name == "module.yaml" and path.is_file():
            module.heads.append(path)
        elif path.name in takers and path.is_dir():
            _take_files(path, *takers[path.name], shelf)
        elif path.is_dir() or path.suffix in _SUFFIXES - {".md"}:
            _stray(path, "module.yaml, lessons, questions or figures", shelf)


def _take_files(folder: Path, kept: list[Path], pattern: re.Pattern[str], expected: str, shelf: Shelf) -> None:
    for path in _listed(folder, shelf):
        if path.is_file() and pattern.fullmatch(path.name):
            kept.append(path)
        elif path.is_dir() or path.suffix in _SUFFIXES:
            _stray(path, expected, shelf)


def _stray(path: Path, expected: str, shelf: Shelf) -> None:
    shelf.faults.append(Fault(path, 1, "stray-file", f"nothing would read `{path.name}` here", expected))


def _listed(folder: Path, shelf: Shelf) -> Iterable[Path]:
    """List a folder in the order of names, without hidden files, editors' copies and read-me files."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        shelf.faults.append(Fault(folder, 1, "unreadable", f"the folder cannot be read ({error.strerror})"))
        return []
    return [
        path for path in found if not path.name.startswith((".", "#", "__", "README")) and not path.name.endswith("~")
    ]
