"""Another key for a question, given as its kind is answered."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.kinds import QuestionKind
from app.models import AuditEvent, Correction, QuestionVersion
from app.services.course import catalogue
from tests.support.factory import Factory
from tests.support.question_kinds import (
    CASE,
    MARKED_BY_KEY,
    MATCH,
    NUMERIC,
    ORDER,
    REGION,
    SEVERAL,
    SINGLE,
    TEXT,
    TRUE_FALSE,
    wrong,
)

KEYS: dict[QuestionKind[Any], dict[str, Any]] = {
    SINGLE: {"option": "3"},
    SEVERAL: {"option": ["0", "2"]},
    TRUE_FALSE: {"option": "1"},
    NUMERIC: {"value": "12,5", "tolerance": "0.5"},
    TEXT: {"value": " Pull*  reaction ", "typo": "1"},
    REGION: {"option": "2"},
}


@pytest.mark.parametrize("kind", MARKED_BY_KEY, ids=str)
def test_the_other_key_is_given_as_its_kind_is_answered(
    make: Factory, session: Session, kind: QuestionKind[Any]
) -> None:
    """Fails when a kind has no form for its key, or a key is stored in the places of the page."""
    version = next(
        row
        for row in session.scalars(select(QuestionVersion).where(QuestionVersion.kind == kind.name))
        if KEYS.get(kind, {}).get("option")
        not in [str(i) for i in getattr(catalogue.get_solutions(session, [row.id])[row.id].key, "correct", ())]
    )
    admin, here = make.admin().client, f"/admin/questions/{version.id}/correct"
    count_of = version.option_count
    shown, key = (
        catalogue.get_texts(session, [version.id])[version.id],
        catalogue.get_solutions(session, [version.id])[version.id].key,
    )
    other_path = wrong(shown, key) if kind is CASE else None
    given: dict[str, Any] = KEYS.get(kind) or (
        kind.fill(shown, range(count_of), other_path)
        if kind is CASE
        else {f"match-{n}": str((n + 1) % count_of) for n in range(len(version.prompts))}
        if kind is MATCH
        else {f"order-{n}": str(count_of - n) for n in range(count_of)}
    )

    form = admin.get(here)
    preview = admin.get(f"{here}/preview", query_string={"remedy": "accept"} | given)
    done = admin.post(here, data={"remedy": "accept", "reason": "Both."} | given)

    assert (form.status_code, preview.status_code, done.status_code) == (200, 200, 303)
    stored = session.scalars(select(Correction.key)).one()
    assert stored
    wanted = {
        SINGLE: {"correct": [3], "reasons": []},
        SEVERAL: {"correct": [0, 2], "reasons": []},
        TRUE_FALSE: {"correct": [1], "reasons": []},
        NUMERIC: {"value": 12.5, "tolerance": 0.5},
        TEXT: {
            "answers": [{"text": "Pull* reaction", "share": 1.0, "reason": None, "allows_typo": True}],
            "exactness": dict.fromkeys(("case", "accents", "spaces", "punctuation"), False),
            "reason": None,
        },
        REGION: {"correct": [2], "near": [], "reasons": []},
        MATCH: {"correct": [(n + 1) % count_of for n in range(len(version.prompts))], "reasons": []},
        ORDER: {"correct": list(reversed(range(count_of))), "reasons": []},
        CASE: kind.dump_key(kind.key_of(other_path)) if other_path else None,
    }
    assert stored == wanted[kind]
    assert (
        session.scalars(select(AuditEvent.details).where(AuditEvent.action == "question.correct")).one()["key"]
        == stored
    )
