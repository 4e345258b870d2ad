"""The type of a source, for filtering the bibliography."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class SourceType(StrEnum):
    SYSTEMATIC_REVIEW = "systematic-review"
    GUIDANCE = "guidance"
    TRIAL = "trial"
    STUDY = "study"
    CASE_REPORT = "case-report"
    REVIEW = "review"
    PATIENT_INFORMATION = "patient-information"
    OTHER = "other"


_WORDS = {
    SourceType.SYSTEMATIC_REVIEW: r"systematic review|review of \d+ systematic reviews|meta-analysis|pooled results",
    SourceType.CASE_REPORT: r"case reports?|reports? of (a single|two|three|four|five) patients?|two cases",
    SourceType.PATIENT_INFORMATION: r"patient information|for (the )?(general )?(public|patients)|public health information",
    SourceType.GUIDANCE: (
        r"guidelines?|guidance|standard|pathways?|statement|referral|checklist|safety rules|regulator|drug label|"
        r"criteria of|payment rules|instructions|advice of|principles|professional body"
    ),
    SourceType.TRIAL: r"trial with|clinical trial|randomised trial|small trial",
    SourceType.REVIEW: r"reviews?|commentary|editorial|critique|letter|note by|theory|article",
    SourceType.STUDY: (
        r"stud(y|ies)|cohort|surveys?|experiment|comparison|records|registry|measurements|interviews|prospective|claims|"
        r"count in|examination of|pain drawings|reliability|grouping of"
    ),
}
"""Words of a source's kind by type. The first type with a match counts, so a review of trials is not a trial."""

_PATTERNS = {type_: re.compile(rf"\b({words})\b", re.IGNORECASE) for type_, words in _WORDS.items()}


@lru_cache(maxsize=2_000)
def classify_source(kind: str) -> SourceType:
    """Return the type of a source from the author's words for its kind, such as *Cohort of 63 patients*."""
    return next((type_ for type_, pattern in _PATTERNS.items() if pattern.search(kind)), SourceType.OTHER)
