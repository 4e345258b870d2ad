"""Plots as drawn: places and sizes of what they show, and files that stand alone."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from app.domain.analysis.intervals import Interval
from app.domain.analysis.scores import ScoreBand
from app.web import charts, svg
from app.web.charts import Curve


def drawn(plot: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(plot)


def bands(*counts: int) -> list[ScoreBand]:
    return [ScoreBand(10 * at, 10 * at + 9, count) for at, count in enumerate(counts)]


def test_bars_are_as_high_as_their_counts() -> None:
    bars = drawn(charts.draw_scores(bands(0, 0, 0, 0, 0, 1, 2, 4, 0, 0), 80)).findall("rect")

    assert [bar.get("height") for bar in bars][5:8] == ["37.5", "75", "150"]
    assert {float(bar.get("y") or 0) + float(bar.get("height") or 0) for bar in bars} == {190.0}


def test_of_nobody_there_are_bars_of_no_height() -> None:
    assert {bar.get("height") for bar in drawn(charts.draw_scores(bands(*[0] * 10), 50)).findall("rect")} == {"0"}


@pytest.mark.parametrize(("pass_mark", "anchor"), [(1, "start"), (55, "start"), (56, "end"), (100, "end")])
def test_the_pass_mark_is_written_inside_the_plot(pass_mark: int, anchor: str) -> None:
    texts = {
        text.text: text.get("text-anchor")
        for text in drawn(charts.draw_scores(bands(*[1] * 10), pass_mark)).iter("text")
    }

    assert texts[f"pass mark {pass_mark}"] == anchor


def test_names_of_curves_that_end_together_do_not_overlap() -> None:
    """Most wrong options end at nought. Fails when their names are written over each other."""
    lines = [Curve(name, is_right=False, values=(at, 0.0)) for at, name in enumerate("ABDE")]

    texts = [text for text in drawn(charts.draw_curves(["lower half", "upper half"], lines)).iter("text")]

    places = sorted(float(text.get("y") or 0) for text in texts if text.text in set("ABDE"))
    assert all(after - before >= 16 for before, after in pairwise(places))


def test_curves_are_told_apart_by_more_than_colour() -> None:
    lines = [Curve(name, is_right=name == "C", values=(10.0, 20.0)) for name in "CABDE"]

    plot = str(charts.draw_curves(["lower half", "upper half"], lines))

    dashes = re.findall(r'<polyline class="([^"]*)"', plot)
    assert dashes[-1] == "plot__line plot__line--key"
    assert len(set(dashes[:3])) == 3
    assert "C 10, 20; A 10, 20" in plot


@pytest.mark.parametrize(("certain", "fairly", "others", "circles"), [(2, 1, 3, 7), (0, 0, 1, 1), (36, 0, 36, 72)])
def test_everybody_is_a_dot(certain: int, fairly: int, others: int, circles: int) -> None:
    """Who is fairly sure has a dot in the circle."""
    found = drawn(charts.draw_people(certain, fairly, certain + fairly + others)).findall("circle")

    assert len(found) == circles
    assert sum(one.get("class") == "certain" for one in found) == certain


def test_too_many_people_for_dots_become_a_bar_in_proportion() -> None:
    found = drawn(charts.draw_people(100, 50, 200)).findall("rect")

    assert [one.get("width") for one in found] == ["214", "107", "53.5"]


def test_a_figure_stands_on_its_line_with_its_interval() -> None:
    picture = drawn(charts.draw_interval(-50, Interval(-100, 100)))

    line, circle = picture.findall("line")[1], picture.find("circle")
    assert (line.get("x1"), line.get("x2")) == ("4", "108")
    assert circle is not None
    assert circle.get("cx") == "30"


def test_a_file_holds_its_whole_title_and_notes_in_lines() -> None:
    title = "What is the sensible next step? " * 4
    text = svg.render_file(
        charts.draw_scores(bands(*[1] * 10), 80), title, ["A: " + "very long words " * 12, "<b>\x00&"]
    )

    picture = ElementTree.fromstring(text)

    lines = [line.text or "" for line in picture.findall("{http://www.w3.org/2000/svg}text")]
    assert " ".join(lines[:3]).split() == title.split()
    assert lines[-1] == "<b> &"
    assert max(map(len, lines)) <= 82
