"""The type of a source is read from the author's words for its kind."""

from __future__ import annotations

import pytest

from app.domain.source_type import SourceType, classify_source


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Cochrane systematic review of ten trials", SourceType.SYSTEMATIC_REVIEW),
        ("Network meta-analysis of 89 trials", SourceType.SYSTEMATIC_REVIEW),
        ("Systematic review of 24 case reports", SourceType.SYSTEMATIC_REVIEW),
        ("Review of 36 systematic reviews", SourceType.SYSTEMATIC_REVIEW),
        ("Handbook for authors of systematic reviews", SourceType.REVIEW),
        ("National guideline, of which a summary was read", SourceType.GUIDANCE),
        ("Drug label", SourceType.GUIDANCE),
        ("Small randomised trial with 40 adults over five days", SourceType.TRIAL),
        ("Review of ten randomised trials for health planners", SourceType.REVIEW),
        ("Before-and-after study of 17 patients without a sham treatment", SourceType.STUDY),
        ("Cohort of 63 patients", SourceType.STUDY),
        ("Report of a single patient, with comment", SourceType.CASE_REPORT),
        ("Two cases and a review of the literature", SourceType.CASE_REPORT),
        ("Patient information of a hospital", SourceType.PATIENT_INFORMATION),
        ("Safety card for patients", SourceType.PATIENT_INFORMATION),
        ("Cohort of patients in physical therapy", SourceType.STUDY),
        ("Commentary by two experts", SourceType.REVIEW),
        ("Textbook chapter", SourceType.OTHER),
        ("", SourceType.OTHER),
    ],
)
def test_it_takes_the_first_type_whose_words_occur(kind: str, expected: SourceType) -> None:
    assert classify_source(kind) is expected
