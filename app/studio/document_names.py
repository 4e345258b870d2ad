"""What people call the documents of a library: their titles, where they have been read, instead of paths."""

from __future__ import annotations

import re
from collections import Counter

from flask_babel import gettext as _
from flask_babel import ngettext

from app.content.material import Material
from app.studio.addresses import is_module_document, is_question_document

_LESSON_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/lessons/(?:[0-9]+-)?(?P<name>[^/]+)\.md")
_FIGURE_PATH = re.compile(r"[0-9]+-[a-z0-9-]+/(?:figures|pictures)/(?P<name>[^/]+)\.[a-z]+")


def name_questions(path: str) -> str:
    """Return a name for a document of questions."""
    return path.rpartition("/")[2].removesuffix(".yaml").replace("-", " ").capitalize()


class DocumentNames:
    """Names of documents and modules by path. What could not be read is named by its path."""

    def __init__(self, material: Material) -> None:
        modules = material.modules.values()
        self._modules = {str(folder): module.head for module in modules for folder in module.shelf.folders}
        self._lessons = {str(one.draft.place.path): one.draft.entry.title for each in modules for one in each.lessons}
        self._questions = Counter(str(draft.place.path) for each in modules for draft in each.questions)

    def is_module(self, folder: str) -> bool:
        """Return whether a folder is that of a module."""
        return folder in self._modules

    def name_module(self, folder: str) -> str:
        """Return the title of the module in a folder, or the folder's name."""
        head = self._modules.get(folder)
        return head.entry.title if head else folder

    def name_document(self, path: str) -> str:
        """Return a name in the viewer's language, around a title in that of the library."""
        stem = path.rpartition("/")[2].partition(".")[0].replace("-", " ")
        if is_question_document(path):
            count, name = self._questions[path], name_questions(path)
            return ngettext("%(name)s: %(num)s question", "%(name)s: %(num)s questions", count, name=name)
        if is_module_document(path):
            return _("About this module")
        if _LESSON_PATH.fullmatch(path):
            return _("Lesson: %(title)s", title=self._lessons.get(path, stem))
        if _FIGURE_PATH.fullmatch(path):
            return _("Figure: %(name)s", name=stem)
        whole = {"course.yaml": _("Title and order of the modules"), "sources.yaml": _("Sources")}
        return whole.get(path, path)
