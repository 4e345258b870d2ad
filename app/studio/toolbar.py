"""What the toolbar of a lesson's text inserts: the Markdown of the author's manual, with samples to write over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _


@dataclass(frozen=True, slots=True)
class Insertion:
    """A button, or a choice of the list. ``data`` are the attributes that the script reads (``toolbar.js``).

    ``before`` and ``after`` enclose the selection, ``mark`` begins each selected line, and ``insert`` is a block of its
    own. ``sample`` is the part of it to write over.
    """

    words: str
    data: Mapping[str, str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class InsertionGroup:
    """Choices of the list under a common title."""

    title: str
    choices: list[Insertion] = field(default_factory=list)


def list_buttons() -> list[Insertion]:
    """Return the buttons, in the viewer's language."""
    section, item, remember = _("Title of the section"), _("an item"), _("What to remember.")
    return [
        Insertion(_("Bold"), _wrap("**", _("bold text"), shortcut="b")),
        Insertion(_("Italic"), _wrap("*", _("text in italics"), shortcut="i")),
        Insertion(_("Link"), _wrap("[", _("text of the link"), "](https://)", shortcut="k")),
        Insertion(_("List"), {"data-mark": "- ", "data-sample": item}),
        Insertion(_("Heading"), _insert([f"## {section} {{#name}}"], section)),
        _build_term(),
        _build_disputed(),
        Insertion(_("Summary"), _insert(["::: recap", f"- {remember}", ":::"], remember)),
        _build_warning(),
    ]


def list_choices(
    figures: Mapping[str, str], checks: Mapping[str, str], sources: Mapping[str, str]
) -> list[InsertionGroup]:
    """Return the figures, practice questions and sources that the library has, each by its name and what it says."""
    caption, same = _("The caption, in one paragraph."), _("A text with the same content as the picture.")
    groups = [
        InsertionGroup(
            _("Figures"),
            [
                Insertion(title, _insert([f"::: figure {name}", caption, "", "***", "", same, ":::"], caption), name)
                for name, title in figures.items()
            ],
        ),
        InsertionGroup(
            _("Practice questions"),
            [Insertion(stem, _insert([f"::: check {name}", ":::"]), name) for name, stem in checks.items()],
        ),
        InsertionGroup(
            _("Sources"),
            [Insertion(label, _wrap(f" [@{name}]", "", ""), name) for name, label in sources.items()],
        ),
    ]
    return [group for group in groups if group.choices]


def _build_term() -> Insertion:
    name, definition = _("Name"), _("Its definition in a sentence or two.")
    return Insertion(_("Key term"), _insert([f"::: term {name}", definition, ":::"], name))


def _build_disputed() -> Insertion:
    first, second = _("Who holds the first position"), _("Who holds the second position")
    says, fair = _("What they say."), _("A last paragraph that is fair to all of them.")
    lines = ["::: disputed", first, f": {says}", "", second, f": {says}", "", fair, ":::"]
    return Insertion(_("Disputed"), _insert(lines, first))


def _build_warning() -> Insertion:
    title, sign = _("Title of the box"), _("One sign, and what to do.")
    return Insertion(_("Warning"), _insert([f"::: flag {title}", f"- {sign}", ":::"], title))


def _wrap(before: str, sample: str, after: str | None = None, *, shortcut: str = "") -> dict[str, str]:
    data = {"data-before": before, "data-after": before if after is None else after, "data-sample": sample}
    return data | ({"data-shortcut": shortcut} if shortcut else {})


def _insert(lines: Iterable[str], sample: str = "") -> dict[str, str]:
    return {"data-insert": "\n".join(lines), "data-sample": sample}
