"""Libraries: the content that trainers write in the browser, as documents with their history."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Digest, IntPk, Slug, Str200, UtcDateTime, enum_column


class LibraryRole(StrEnum):
    """What a person may do in a library; each role includes the rights of the one after it."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


class DocumentChange(StrEnum):
    """How a version of a document came about."""

    WRITTEN = "written"
    UPLOADED = "uploaded"
    RESTORED = "restored"
    REMOVED = "removed"


class Library(Model):
    """A set of documents in the format of the course.

    ``slug`` never changes. ``stored_bytes`` is the size of all versions of all documents.
    """

    __tablename__ = "library"

    id: Mapped[IntPk]
    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[Str200]
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[UtcDateTime]


class LibraryPerson(Model):
    """A person with a role in a library."""

    __tablename__ = "library_person"

    library_id: Mapped[int] = mapped_column(ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[LibraryRole] = mapped_column(enum_column(LibraryRole, "role"))


class LibraryInvitation(Model):
    """An invitation to a library for the trainer with an address, who accepts it in the studio."""

    __tablename__ = "library_invitation"
    __table_args__ = (UniqueConstraint("library_id", "email"),)

    id: Mapped[IntPk]
    library_id: Mapped[int] = mapped_column(ForeignKey("library.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[LibraryRole] = mapped_column(enum_column(LibraryRole, "role"))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    invited_at: Mapped[UtcDateTime]


class BankUpload(Model):
    """A file with questions of another system, kept until its author imports it into the library or a day has passed."""

    __tablename__ = "bank_upload"

    library_id: Mapped[int] = mapped_column(ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    file_name: Mapped[Str200]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[UtcDateTime] = mapped_column(index=True)


class LibraryDocument(Model):
    """A document of a library by its path, such as ``1-basics/module.yaml``.

    ``revision`` is the number of its current version. A removed document keeps its history, and its path can be used
    again. ``digest`` (SHA-256) and ``size`` (bytes) are those of the current version.
    """

    __tablename__ = "library_document"
    __table_args__ = (
        UniqueConstraint("library_id", "path"),
        CheckConstraint("revision >= 1", name="revision"),
    )

    id: Mapped[IntPk]
    library_id: Mapped[int] = mapped_column(ForeignKey("library.id", ondelete="CASCADE"))
    path: Mapped[Str200]
    revision: Mapped[int]
    digest: Mapped[Digest]
    size: Mapped[int]
    removed_at: Mapped[UtcDateTime | None]


class DocumentVersion(Model):
    """One saved version of a document; rows are only added. That of a removal is empty."""

    __tablename__ = "document_version"

    document_id: Mapped[int] = mapped_column(ForeignKey("library_document.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[DocumentChange] = mapped_column(enum_column(DocumentChange, "change"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    saved_at: Mapped[UtcDateTime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
