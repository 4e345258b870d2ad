"""What the tests of QTI share: items written by hand, and packages made of files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.content.interactions import ChoiceInteraction, Severity
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.qti.packages import read_qti

FILES = Path(__file__).parent / "qti"
PNG = b"\x89PNG\r\n\x1a\n0000"

NAMESPACES = {
    "2.0": "http://www.imsglobal.org/xsd/imsqti_v2p0",
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
}
SCORE = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
MATCH_CORRECT = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>'
MAP_RESPONSE = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"/>'


def build_item(parts: str, *, version: str = "2.1", identifier: str = "Q1", more: str = "") -> bytes:
    """Return an item with these declarations, body and rules."""
    namespace = NAMESPACES[version]
    head = f'<assessmentItem xmlns="{namespace}" identifier="{identifier}" title="T" adaptive="false" timeDependent="false" {more}>'
    return f"{head}{parts}</assessmentItem>".encode()


def declare(base: str, *correct: str, cardinality: str = "single", mapping: str = "") -> str:
    values = "".join(f"<value>{value}</value>" for value in correct)
    answer = f"<correctResponse>{values}</correctResponse>" if correct else ""
    head = f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base}">'
    return f"{head}{answer}{mapping}</responseDeclaration>{SCORE}"


def build_choices(*names: str, most: int = 1) -> str:
    choices = "".join(f'<simpleChoice identifier="{name}">{name}!</simpleChoice>' for name in names)
    return (
        f'<itemBody><choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="{most}">'
        f"<prompt>Which?</prompt>{choices}</choiceInteraction></itemBody>"
    )


def read_one(data: bytes) -> BankItem:
    """Return the only item of a file."""
    (item,) = read_qti(data).items
    return item


def build_zip(files: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


def list_reasons(item: BankItem, severity: Severity) -> list[str]:
    return [note.reason for note in item.notes if note.severity is severity]


def strip(item: BankItem) -> BankItem:
    """Return an item without its place and notes, shares rounded as files round them."""
    interaction = item.interaction
    if isinstance(interaction, ChoiceInteraction):
        options = tuple(replace(one, fraction=round(one.fraction, 5)) for one in interaction.options)
        interaction = replace(interaction, options=options)
    return replace(item, place="", notes=(), interaction=interaction)


def list_kept(bank: QuestionBank) -> list[BankItem]:
    return [item for item in bank.items if not item.is_refused]
