"""Which forms of the studio may be larger than others."""

from __future__ import annotations

import pytest

from tests.support.factory import Factory

TEXT = "x" * 900_000


@pytest.mark.parametrize(
    "form",
    ["text", *(f"{what}{act}" for what in ("lesson", "module", "question", "source") for act in ("", "/check"))],
)
def test_a_form_with_the_text_of_a_document_may_be_large(make: Factory, form: str) -> None:
    """Fails when a form is added whose text is refused before anybody reads it."""
    trainer = make.trainer()
    make.library(trainer, "Our bank")

    assert trainer.client.post(f"/studio/our-bank/{form}", data={"text": TEXT}).status_code != 413


@pytest.mark.parametrize("form", ["people", "name", "delete"])
def test_other_forms_may_not(make: Factory, form: str) -> None:
    trainer = make.trainer()
    make.library(trainer, "Our bank")

    assert trainer.client.post(f"/studio/our-bank/{form}", data={"name": TEXT}).status_code == 413
