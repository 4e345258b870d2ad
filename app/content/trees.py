"""Where content comes from: a folder on disk, or the documents of a library in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, Literal, Protocol


class ContentPath(Protocol):
    """A file or folder of content: a :class:`pathlib.Path` or a :class:`DocumentPath`. ``str`` gives its address."""

    @property
    def name(self) -> str: ...
    @property
    def stem(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def parent(self) -> ContentPath: ...
    def is_dir(self) -> bool: ...
    def is_file(self) -> bool: ...
    def iterdir(self) -> Iterable[ContentPath]: ...
    def open(self, mode: Literal["rb"]) -> BinaryIO: ...


Parts = tuple[str, ...]


@dataclass(slots=True)
class DocumentTree:
    """Documents in memory by path, as a tree of folders. A folder exists while a document is in it."""

    documents: dict[Parts, bytes] = field(default_factory=dict)
    folders: dict[Parts, set[str]] = field(default_factory=lambda: {(): set()})

    @classmethod
    def build(cls, documents: Mapping[str, bytes]) -> DocumentTree:
        """Build a tree of documents by relative path, with ``/`` between the names."""
        tree = cls()
        for path, body in documents.items():
            parts = tuple(path.split("/"))
            tree.documents[parts] = body
            for depth, name in enumerate(parts):
                tree.folders.setdefault(parts[:depth], set()).add(name)
        return tree

    @property
    def root(self) -> DocumentPath:
        return DocumentPath((), self)


@dataclass(frozen=True, slots=True)
class DocumentPath:
    """A path in a tree of documents. The root has no parts. Paths of different trees are equal if their parts are."""

    parts: Parts
    tree: DocumentTree = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.parts[-1] if self.parts else ""

    @property
    def stem(self) -> str:
        return self.name.removesuffix(self.suffix) if self.suffix else self.name

    @property
    def suffix(self) -> str:
        before, dot, after = self.name.rpartition(".")
        return dot + after if before and after else ""

    @property
    def parent(self) -> DocumentPath:
        return DocumentPath(self.parts[:-1], self.tree)

    def is_dir(self) -> bool:
        return self.parts in self.tree.folders

    def is_file(self) -> bool:
        return self.parts in self.tree.documents

    def iterdir(self) -> Iterator[DocumentPath]:
        return (DocumentPath((*self.parts, name), self.tree) for name in self.tree.folders.get(self.parts, ()))

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        return BytesIO(self.tree.documents[self.parts])

    def __str__(self) -> str:
        return "/".join(self.parts)
