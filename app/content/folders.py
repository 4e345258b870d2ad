"""Find the files of a course in its folders, and report files that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.content.faults import Fault
from app.content.trees import ContentPath

_MODULE_FOLDER = re.compile(r"\d+-([a-z0-9]+(?:-[a-z0-9]+)*)")
_LESSON_FILE = re.compile(r"\d+-[a-z0-9]+(-[a-z0-9]+)*\.md")
_FIGURE_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.svg")
_PICTURE_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(png|jpg|webp)")
IMPORTED_FOLDER = "imported"
"""A folder of a module with the pictures of imported questions. Nothing reads it."""
_MAP_FOLDER = "body-map"
_LEAFLET_FOLDER = "leaflets"
_LEAFLET_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.md")
_SUFFIXES = {".yaml", ".yml", ".md", ".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif"}


@dataclass(slots=True)
class ModuleFiles:
    """The files of one module, from all folders."""

    folders: list[ContentPath] = field(default_factory=list)
    heads: list[ContentPath] = field(default_factory=list)
    lessons: list[ContentPath] = field(default_factory=list)
    questions: list[ContentPath] = field(default_factory=list)
    figures: list[ContentPath] = field(default_factory=list)
    pictures: list[ContentPath] = field(default_factory=list)


@dataclass(slots=True)
class CourseFiles:
    """All files of a course by content; ``modules`` by the id in their folder's name: ``3-treatment`` -> ``treatment``.

    ``private`` are the folders whose questions are for examinations unless they say otherwise. ``is_library``: it is a
    library, not the course of the server.
    """

    private: frozenset[ContentPath] = frozenset()
    is_library: bool = False
    courses: list[ContentPath] = field(default_factory=list)
    sources: list[ContentPath] = field(default_factory=list)
    muscles: list[ContentPath] = field(default_factory=list)
    statements: list[ContentPath] = field(default_factory=list)
    zones: list[ContentPath] = field(default_factory=list)
    leaflets: list[ContentPath] = field(default_factory=list)
    modules: dict[str, ModuleFiles] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def find_course_files(folders: Sequence[ContentPath]) -> CourseFiles:
    """Search ``folders``: the course first, then the additions of an installation."""
    return _find_files(folders, CourseFiles(private=frozenset(folders[1:])))


def find_library_files(folder: ContentPath) -> CourseFiles:
    """Search the one folder of a library."""
    return _find_files([folder], CourseFiles(private=frozenset([folder]), is_library=True))


def _find_files(folders: Sequence[ContentPath], shelf: CourseFiles) -> CourseFiles:
    for folder in folders:
        if not folder.is_dir():
            shelf.faults.append(Fault(folder, 1, "folder", "the folder does not exist", "a folder with content files"))
            continue
        for path in _list_folder(folder, shelf):
            _sort_in(path, shelf)
    return shelf


def _sort_in(path: ContentPath, shelf: CourseFiles) -> None:
    if path.is_dir():
        if path.name == _MAP_FOLDER:
            _take_files(path, shelf.zones, re.compile(r"zones\.yaml"), "zones.yaml", shelf)
        elif path.name == _LEAFLET_FOLDER:
            _take_files(path, shelf.leaflets, _LEAFLET_FILE, "name.md", shelf)
        elif found := _MODULE_FOLDER.fullmatch(path.name):
            _find_module_files(path, shelf.modules.setdefault(found.group(1), ModuleFiles()), shelf)
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
        _report_stray(path, "course.yaml, sources.yaml, muscles.yaml or article.yaml", shelf)


def _find_module_files(folder: ContentPath, module: ModuleFiles, shelf: CourseFiles) -> None:
    module.folders.append(folder)
    takers = {
        "lessons": (module.lessons, _LESSON_FILE, "NN-name.md"),
        "questions": (module.questions, re.compile(r".+\.yaml"), "name.yaml"),
        "figures": (module.figures, _FIGURE_FILE, "name.svg, in a-z, 0-9 and hyphens"),
        "pictures": (module.pictures, _PICTURE_FILE, "name.png, name.jpg or name.webp, in a-z, 0-9 and hyphens"),
    }
    for path in _list_folder(folder, shelf):
        if path.name == "module.yaml" and path.is_file():
            module.heads.append(path)
        elif path.name in takers and path.is_dir():
            _take_files(path, *takers[path.name], shelf)
        elif path.name == IMPORTED_FOLDER:
            continue  # for the author, who may add them as figures
        elif path.is_dir() or path.suffix in _SUFFIXES - {".md"}:
            _report_stray(path, "module.yaml, lessons, questions, figures or pictures", shelf)


def _take_files(
    folder: ContentPath, kept: list[ContentPath], pattern: re.Pattern[str], expected: str, shelf: CourseFiles
) -> None:
    for path in _list_folder(folder, shelf):
        if path.is_file() and pattern.fullmatch(path.name):
            kept.append(path)
        elif path.is_dir() or path.suffix in _SUFFIXES:
            _report_stray(path, expected, shelf)


def _report_stray(path: ContentPath, expected: str, shelf: CourseFiles) -> None:
    shelf.faults.append(Fault(path, 1, "stray-file", f"`{path.name}` does not belong here", expected))


def _list_folder(folder: ContentPath, shelf: CourseFiles) -> Iterable[ContentPath]:
    """List a folder by name, without hidden files, editors' backups and read-me files."""
    try:
        found = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        shelf.faults.append(Fault(folder, 1, "unreadable", f"the folder cannot be read ({error.strerror})"))
        return []
    return [
        path for path in found if not path.name.startswith((".", "#", "__", "README")) and not path.name.endswith("~")
    ]
