"""Find the items of QTI in a file: a single document, or a package with a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from app.content.interactions import Note, Severity
from app.interchange.bank import MAX_ITEMS, BankItem, QuestionBank, UnreadableBankError
from app.interchange.package import Package, is_zip, show
from app.interchange.pictures import PictureStore
from app.interchange.qti.body import PictureNames, TextReader
from app.interchange.qti.items import read_item
from app.interchange.qti.qti1_items import read_item as read_qti1_item
from app.interchange.qti.sections import Placement, read_test_sections, read_tests
from app.interchange.qti.values import StepBudget
from app.interchange.qti.xml import ElementBudget, Node, find_all, parse

MANIFEST = "imsmanifest.xml"
_DOCUMENTS = (".xml", ".qti")


def read_qti(data: bytes) -> QuestionBank:
    """Read a document or a package of QTI 1.2, 2.0 to 2.2 or 3.0.

    :raise UnreadableBankError: it is neither, or cannot be read as a whole.
    """
    if is_zip(data):
        return _PackageReader(Package(data)).read()
    if b"<" not in data[:1000]:
        raise UnreadableBankError("this is neither a zip file nor XML")
    root = parse(data)
    reader = _DocumentReader(PictureNames(lambda name: None))
    items = list(reader.read_document(root, ""))
    if not items and root.tag not in ("assessmentItem", "questestinterop"):
        raise UnreadableBankError("the file has no questions of QTI in it")
    if len(items) > MAX_ITEMS:
        raise UnreadableBankError(f"the file has more than {MAX_ITEMS:,} questions")
    return QuestionBank(tuple(items))


@dataclass
class _DocumentReader:
    """Reads the items of one document."""

    names: PictureNames
    budget: StepBudget = field(default_factory=StepBudget)
    read_stimulus: Callable[[str], str] = field(default=lambda name: "")

    def read_document(self, root: Node, file_name: str) -> Iterator[BankItem]:
        if root.tag == "assessmentItem":
            texts = TextReader(self.names, self.budget)
            references = [one.get("href", "") for one in root.iter("assessmentStimulusRef")]
            background = "\n\n".join(filter(None, map(self.read_stimulus, references)))
            yield read_item(root, texts, file_name, background)
        elif root.tag == "questestinterop":
            sections = read_test_sections(root)
            for item in find_all(root, "item"):
                read = read_qti1_item(item, TextReader(self.names, self.budget), file_name)
                yield replace(read, categories=sections.get(id(item), ()))


@dataclass
class _PackageReader:
    package: Package
    store: PictureStore = field(default_factory=PictureStore)
    budget: ElementBudget = field(default_factory=ElementBudget)
    steps: StepBudget = field(default_factory=StepBudget)
    notes: list[Note] = field(default_factory=list)
    documents: dict[str, Node] = field(default_factory=dict)
    broken: list[BankItem] = field(default_factory=list)

    def read(self) -> QuestionBank:
        for name in self.package:
            if name.casefold().endswith(_DOCUMENTS) and not _is_litter(name):
                self._parse(name)
        manifest = self.documents.pop(MANIFEST, None)
        placement = read_tests(self.documents, manifest)
        items: list[BankItem] = []
        for name in self._list_in_order(placement):
            items += self._read_items(name, placement)
            if len(items) > MAX_ITEMS:
                raise UnreadableBankError(f"the file has more than {MAX_ITEMS:,} questions")
        items += self.broken
        items += filter(None, map(self._refuse_missing, placement.missing))
        if not items:
            raise UnreadableBankError("the package has no questions of QTI in it")
        return QuestionBank(tuple(items), self.store.pictures, tuple(self.notes))

    def _refuse_missing(self, href: str) -> BankItem | None:
        """Refuse an item of the manifest without a document; one that is broken is refused already."""
        name = normpath(unquote(href))
        if name not in self.package:
            return BankItem(place=show(href)).refuse("its file is missing from the package")
        if not name.casefold().endswith(_DOCUMENTS):
            return BankItem(place=show(href)).refuse("its file is no XML document")
        return None

    def _parse(self, name: str) -> None:
        try:
            self.documents[name] = parse(self.package.read(name), self.budget)
        except UnreadableBankError as error:
            if self.budget.left < 0:
                raise
            self.broken.append(BankItem(place=f"{show(name)}, {error}".partition(":")[0]).refuse(error.reason))

    def _list_in_order(self, placement: Placement) -> list[str]:
        """Return the names of all documents with items, those of the manifest first."""
        listed = [name for name in placement.order if name in self.documents]
        names = list(dict.fromkeys([*listed, *self.documents]))
        return [name for name in names if not self._is_copy(name)]

    def _is_copy(self, name: str) -> bool:
        """Return whether Canvas stored the same questions more fully in another file of the package."""
        identifier = dirname(name)
        copy = f"non_cc_assessments/{identifier}.xml.qti"
        if not name.endswith("/assessment_qti.xml") or copy not in self.documents:
            return False
        reason = f"“{show(name)}” was left out, because “{show(copy)}” has the same questions with more detail"
        self.notes.append(Note(Severity.CHANGED, reason))
        return True

    def _read_items(self, name: str, placement: Placement) -> Iterator[BankItem]:
        reader = _DocumentReader(
            PictureNames(lambda picture: self._keep_picture(name, picture)),
            self.steps,
            lambda stimulus: self._read_stimulus(name, stimulus),
        )
        for item in reader.read_document(self.documents[name], show(name)):
            categories = item.categories or placement.categories.get(name, ())
            tags = (*item.tags, *(tag for tag in placement.tags.get(name, ()) if tag not in item.tags))
            yield replace(item, categories=categories, tags=tags)

    def _keep_picture(self, document: str, name: str) -> str | None:
        """Find a picture relative to its document, to the package, or where Canvas keeps files."""
        for folder in (dirname(document), "", "web_resources"):
            found = normpath(join(folder, name))
            if found in self.package:
                return self.store.keep(found, self.package.read(found))
        return None

    def _read_stimulus(self, document: str, name: str) -> str:
        root = self.documents.get(normpath(join(dirname(document), unquote(name))))
        body = root.find("stimulusBody") if root is not None else None
        return TextReader(PictureNames(lambda picture: self._keep_picture(document, picture))).read_inside(body)


def _is_litter(name: str) -> bool:
    """Return whether the zip program of macOS left this file, which holds nothing but attributes of another."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")
