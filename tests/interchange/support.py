"""What the tests of question banks share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from app.content.folders import find_course_files
from app.content.interactions import Severity
from app.content.kinds import QuestionEntry
from app.content.material import Material, read_material
from app.interchange.authoring import DraftQuestion, draft_bank
from app.interchange.bank import BankItem
from app.interchange.formats import read_bank
from tests.conftest import ROOT

FILES = Path(__file__).parent / "files"


@cache
def read_course() -> Material:
    """Read the built-in course, which no test changes."""
    return read_material(find_course_files([ROOT / "questions"]))


def list_entries() -> dict[str, QuestionEntry]:
    return {draft.entry.id: draft.entry for module in read_course().modules.values() for draft in module.questions}


def read_text(text: str, format_name: str) -> list[BankItem]:
    return list(read_bank(text.encode(), "", format_name).items)


def draft_text(text: str, format_name: str) -> list[DraftQuestion]:
    return list(draft_bank(read_bank(text.encode(), "", format_name)))


def find_reasons(item: BankItem, severity: Severity) -> list[str]:
    return [note.reason for note in item.notes if note.severity is severity]
