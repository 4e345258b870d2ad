"""A question as a form: write it, check it while typing, see it as learners do, and save it into its document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.content.entry_forms import RowAct, TypedEntry, change_rows, edit_entry, read_typed, show_entry
from app.content.kinds import ENTRIES
from app.content.loader import LoadedLibrary
from app.content.material import ModuleMaterial
from app.content.question_checks import CheckedQuestion, check_entry, find_module
from app.content.yaml_edits import strip_rows
from app.content.yaml_nodes import Plain
from app.db import db, end_read_transaction, read_only
from app.domain import kinds
from app.domain.body_map import PLATES
from app.domain.content import Question, Source, Use
from app.domain.kinds import QuestionKind
from app.domain.line_changes import compare_lines
from app.permissions import may_edit_library
from app.services.libraries import documents, questions
from app.services.libraries.documents import DocumentConflictError, DocumentTooLargeError, LibraryFullError
from app.services.libraries.libraries import OpenLibrary
from app.services.libraries.questions import OpenDocument, QuestionConflictError, QuestionEdit
from app.studio import blueprint
from app.studio.document_names import name_questions
from app.studio.entry_pages import EntryForm, split_fields
from app.studio.forms import QuestionEditForm
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.studio.previews import build_question_preview
from app.studio.questions import check_library, choose_name, list_objectives, open_document_or_404
from app.web.access import current_account, trainers_only
from app.web.question_labels import LEVEL_LABELS, USE_LABELS


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question in a form: the version of its document, its place there (None for a new one), and what was typed."""

    opened: OpenLibrary
    base: OpenDocument
    at: int | None
    kind: str
    typed: TypedEntry

    @property
    def place(self) -> int | None:
        """The place in the document, from 1."""
        return None if self.at is None else self.at + 1

    @property
    def entry(self) -> Plain:
        """The entry as the document has it. A new one has only its kind."""
        return {"kind": self.kind} if self.at is None else self.base.questions.entries[self.at]


@blueprint.get("/<slug>/question")
@trainers_only
def edit_question(slug: str) -> ResponseReturnValue:
    """Show the form of the question at a place of a document, with empty rows for a list that it does not have yet.

    :raise 404: no such document or question.
    """
    opened = get_library_or_404(slug)
    base = open_document_or_404(opened.library, request.args.get("path", ""))
    at = request.args.get("n", 0, type=int) - 1
    if not base.has(at):
        abort(404)
    entry = base.get_entry(at)
    kind = _get_kind(entry)
    if kind is None or not isinstance(entry, dict):
        flash(_("No form can show this question. Edit it as text."), "error")
        return redirect(url_for("studio.edit_document", slug=slug, path=base.path), 303)
    beginning = ENTRIES[kind].begin() if may_edit_library(opened.role) else {}
    typed = show_entry(ENTRIES[kind], {**beginning, **entry})
    return _render(OpenQuestion(opened, base, at, kind, typed), base.revision)


@blueprint.get("/<slug>/question/new")
@trainers_only
def show_new_question(slug: str) -> ResponseReturnValue:
    """Show the empty form of a new question of a kind.

    :raise 404: no such document or kind.
    """
    opened = get_editable_or_403(slug)
    base = open_document_or_404(opened.library, request.args.get("path", ""))
    kind = request.args.get("kind", "")
    if kind not in ENTRIES:
        abort(404)
    beginning: dict[str, Plain] = {"sources": [""], **ENTRIES[kind].begin()}
    fields: dict[str, Plain] = {"id": choose_name(opened.library, base), **_copy_objective(base), **beginning}
    typed = show_entry(ENTRIES[kind], fields)
    return _render(OpenQuestion(opened, base, None, kind, typed), base.revision, is_checked=False)


def _copy_objective(document: OpenDocument) -> dict[str, Plain]:
    """Return the objective of the last question: most documents have the questions of one."""
    last = document.questions.entries[-1] if document.questions.entries else None
    return {"objective": last["objective"]} if isinstance(last, dict) and "objective" in last else {}


@blueprint.post("/<slug>/question/check")
@trainers_only
def check_question(slug: str) -> ResponseReturnValue:
    """Show the form again with what the checker says, after a button of a row if one was pressed. Nothing is saved."""
    form = QuestionEditForm()
    question = _read_question_or_404(get_editable_or_403(slug), form)
    act, _colon, name = form.act.data.partition(":")
    is_row_act = act in {one.value for one in RowAct}
    if is_row_act:
        typed = change_rows(ENTRIES[question.kind], question.typed, RowAct(act), name)
        question = OpenQuestion(question.opened, question.base, question.at, question.kind, typed)
    return _render(question, form.seen.data)


@blueprint.post("/<slug>/question")
@trainers_only
def save_question(slug: str) -> ResponseReturnValue:
    """Save a question into its document, unless somebody else has changed the same one since the page was opened."""
    opened, form = get_editable_or_403(slug), QuestionEditForm()
    question = _read_question_or_404(opened, form)
    current = open_document_or_404(opened.library, question.base.path)
    edit = QuestionEdit(question.base, question.at, form.seen.data, _edit(question))
    try:
        body = questions.write_edit(current, edit)
        end_read_transaction()  # until here without the write lock, because a large document takes up to a second
        is_changed = documents.save(
            db.session, current_account(), opened.library, current.path, body, now(), seen=current.revision
        )
    except QuestionConflictError as conflict:
        with read_only(db.session):
            return _render(question, current.revision, conflict=conflict), 409
    except DocumentConflictError:
        db.session.rollback()
        fault = _("Somebody else has just saved this document. Please save again: both changes are kept.")
        with read_only(db.session):
            return _render(question, form.seen.data, fault=fault), 409
    except (DocumentTooLargeError, LibraryFullError):
        db.session.rollback()
        fault = _("The library has no room for this: it has at most 20 MB, and a document at most 512 KB.")
        with read_only(db.session):
            return _render(question, form.seen.data, fault=fault), 422
    db.session.commit()
    flash(_("Saved.") if is_changed else _("Nothing has changed."))
    if current.revision != question.base.revision:
        flash(_("Somebody else has changed other questions of this document. Their changes are kept."))
    place = _find_place(opened, question, current, body)
    return redirect(url_for("studio.edit_question", slug=slug, path=current.path, n=place), 303)


def _find_place(opened: OpenLibrary, question: OpenQuestion, current: OpenDocument, body: bytes) -> int:
    """Return the place of a question in the saved document, from 1."""
    at = None if question.at is None else questions.find_entry(current, question.base, question.at)
    if at is not None:
        return at + 1
    saved = questions.open_document(documents.DocumentText(current.path, current.revision + 1, body))
    return len(saved.questions.entries)


def _get_kind(entry: Plain) -> str | None:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    return kind if isinstance(kind, str) and kind in ENTRIES else None


def list_like(kind: str) -> list[str]:
    """Return the kinds with the same form, among them ``kind`` itself: a question can change between them."""
    own = ENTRIES[kind]
    return [
        name
        for name, entry in ENTRIES.items()
        if entry.list_fields() == own.list_fields() and entry.begin() == own.begin()
    ]


def _read_question_or_404(opened: OpenLibrary, form: QuestionEditForm) -> OpenQuestion:
    """Return what a request contains.

    :raise 404: the document, the version or the question does not exist.
    """
    if not form.validate_on_submit():
        abort(400)
    current = open_document_or_404(opened.library, form.path.data)
    base = questions.open_version(db.session, opened.library, current, form.base.data)
    place: int | None = form.n.data
    if base is None or (place is not None and not base.has(place - 1)):
        abort(404)
    at = None if place is None else place - 1
    kind = form.kind.data if at is None else _get_kind(base.get_entry(at))
    if kind not in ENTRIES:
        abort(404)
    old: Plain = {"kind": kind} if at is None else base.get_entry(at)
    if form.kind.data in list_like(kind):
        kind = form.kind.data
    typed = read_typed(ENTRIES[kind], old, split_fields(request.form.to_dict(flat=False)))
    return OpenQuestion(opened, base, at, kind, {**typed, "kind": kind})


def _edit(question: OpenQuestion) -> Any:
    entry = edit_entry(ENTRIES[question.kind], question.entry, question.typed)
    if question.at is None:
        return {name: entry[name] for name in ENTRIES[question.kind].list_fields() if name in entry}
    return entry


def _render(
    question: OpenQuestion,
    seen: int,
    *,
    is_checked: bool = True,
    conflict: QuestionConflictError | None = None,
    fault: str = "",
) -> str:
    """Render the form with its findings and a preview. Those of an empty form are not shown (``is_checked``)."""
    library = check_library(question.opened.library)
    entry = strip_rows(_edit(question))
    checked = check_entry(library, question.base.path, question.at, entry) if is_checked else CheckedQuestion((), None)
    kind, slug = kinds.get_kind(question.kind), question.opened.library.slug
    asked = checked.question
    return render_template(
        "studio/question.html",
        opened=question.opened,
        question=question,
        document_name=name_questions(question.base.path),
        seen=seen,
        kind=kind,
        like=[kinds.get_kind(name) for name in list_like(question.kind)],
        form=EntryForm.build(question.typed, checked.faults, url_for("studio.check_question", slug=slug)),
        is_checked=is_checked,
        preview=build_question_preview(asked, _list_sources(library), 1) if asked else None,
        guess=_guess_percent(kind, asked) if asked else None,
        may_edit=may_edit_library(question.opened.role),
        conflict=conflict,
        changes=_compare(question, conflict) if conflict else (),
        fault=fault,
        **_build_choices(library, question),
    )


def _guess_percent(kind: QuestionKind[Any], asked: Question) -> float | None:
    """Return the share of the point that blind guessing earns on average, in per cent."""
    share = kind.guess(asked.key, len(asked.options))
    return None if share is None else 100 * share


def _list_sources(library: LoadedLibrary) -> dict[str, Source]:
    return {draft.entry.id: Source(**draft.entry.model_dump()) for draft in library.material.sources}


def _build_choices(library: LoadedLibrary, question: OpenQuestion) -> dict[str, Any]:
    """Return what the form offers to choose from."""
    module = find_module(library.material, question.base.path)
    uses = {use.value: label for use, label in USE_LABELS.items()}
    return {
        "objectives": list_objectives(module),
        "levels": {level.value: label for level, label in LEVEL_LABELS.items()},
        "uses": {"": _("%(use)s (default)", use=uses[Use.EXAM]), **uses},
        "sources": [draft.entry for draft in library.material.sources],
        "figures": {name: name for name in sorted(module.figures)} if module else {},
        "words": _list_words(library, module),
        "use_labels": USE_LABELS,
        "level_labels": LEVEL_LABELS,
    }


def _list_words(library: LoadedLibrary, module: ModuleMaterial | None) -> dict[str, list[str]]:
    """Return by its name each list of words that a field suggests."""
    regions = {name for figure in module.figures.values() if figure for name in figure.regions} if module else set()
    return {
        "region": sorted(regions),
        "muscle": sorted(draft.entry.id for draft in library.material.muscles),
        "view": sorted(PLATES),
    }


def _compare(question: OpenQuestion, conflict: QuestionConflictError) -> Any:
    """Return what the other person changed in the question, line by line."""
    before = question.base.questions.get_lines(question.at) if question.at is not None else ""
    after = conflict.current.questions.get_lines(conflict.at) if conflict.at is not None else ""
    return compare_lines(before, after)
