"""Leaflets in a course's folder: lists to tick and to fill in, and what the checker finds."""

from __future__ import annotations

import pytest

from app.domain.content import Leaflet, LeafletLayout
from tests.support.course_folder import Folder

HEAD = "---\nid: after\ntitle: Afterwards\nsummary: What is normal.\nlesson: first-lesson\n---\n"
CITE = '<a class="leaflet__cite" href="#source-1" aria-label="Source 1: Simons &amp; Travell 1999">1</a>'


def test_a_leaflet_is_read_with_its_lists_and_sources(folder: Folder) -> None:
    folder.write(
        "leaflets/after.md",
        HEAD.replace("lesson:", "layout: card\nlesson:")
        + "## Normal {#normal}\nSore. [@TS-1999]\n\n::: tick\n- I know\n:::\n\n::: fill\n- Name\n:::\n",
    )

    assert folder.course().leaflets == (
        Leaflet(
            id="after",
            title="Afterwards",
            summary="What is normal.",
            lesson="first-lesson",
            html='<h2 id="normal">Normal</h2>\n'
            f'<p><span class="keep">Sore.{CITE}</span></p>\n'
            '<ul class="tick-list">\n<li>I know</li>\n</ul>\n<ul class="fill-in">\n<li>Name</li>\n</ul>',
            sources=("TS-1999",),
            layout=LeafletLayout.CARD,
        ),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD + "Sore.\n", "the leaflet cites no source"),
        (HEAD, "the leaflet has no text"),
        (HEAD + "Sore. [@TS-1989]\n", "`TS-1989` is not among the sources"),
        (HEAD.replace("first-lesson", "last-lesson") + "Sore. [@TS-1999]\n", "`last-lesson` is not among the lessons"),
        (HEAD.replace("lesson:", "layout: poster\nlesson:") + "Sore. [@TS-1999]\n", "`layout` is `poster`"),
        (HEAD + "Sore. [@TS-1999]\n\n::: term Sore\nIt hurts.\n:::\n", "`term` does not belong in a leaflet"),
        (HEAD + "Sore. [@TS-1999]\n\n::: tick\nI know\n:::\n", "the tick is not a single list"),
        (HEAD + "<b>Sore.</b> [@TS-1999]\n", "is not understood here"),
        ("Sore.\n", "the file has no head"),
    ],
)
def test_the_checker_reports_what_is_wrong_with_a_leaflet(folder: Folder, text: str, fault: str) -> None:
    folder.write("leaflets/after.md", text)

    faults = folder.load().faults

    assert any(fault in one.message for one in faults), faults
    assert all(one.path.name == "after.md" for one in faults)


def test_two_leaflets_share_no_id(folder: Folder) -> None:
    for name in ("a", "b"):
        folder.write(f"leaflets/{name}.md", HEAD + "Sore. [@TS-1999]\n")

    assert [one.rule for one in folder.load().faults] == ["duplicate-id"]


def test_a_file_that_is_no_leaflet_is_reported(folder: Folder) -> None:
    folder.write("leaflets/After.md", HEAD)

    assert [one.rule for one in folder.load().faults] == ["stray-file"]


def test_lists_to_tick_belong_in_leaflets_alone(folder: Folder) -> None:
    folder.replace("1-basics/lessons/01-first.md", "## In short", "::: tick\n- I know\n:::\n\n## In short")

    assert [one.message for one in folder.load().faults] == ["`tick` does not belong in a lesson"]
