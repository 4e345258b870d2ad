"""Render a lesson's Markdown as :class:`app.domain.content.Lesson`: safe HTML in chunks, with the checks between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape

from markdown_it.token import Token

from app.content.blocks import LEAFLET_BLOCKS, LESSON_BLOCKS, Block
from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.figures import Figure, render_inline_svg
from app.content.prose import Citations, ProseReader, drop_citations, find_citations, split_top_level
from app.content.schema import ID_PATTERN, LessonEntry
from app.domain.content import Lesson, LessonCheck, Section, Term

WORDS_PER_MINUTE = 200
RESERVED_PREFIXES = ("note-", "source-", "check-", "figure-", "flag-", "theme-", "term-")
RESERVED_IDS = frozenset({"leaflets", "main", "sources"})
DISPUTED = Section("disputed", "What is disputed")
_ICON = '<svg class="ico" aria-hidden="true"><use href="/static/icons.svg#{}"></use></svg>'


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name that a lesson uses, and its line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class LessonDraft:
    """A rendered lesson with the names that :mod:`app.content.references` must resolve."""

    draft: Draft[LessonEntry]
    lesson: Lesson
    cited: tuple[NameMention, ...]
    checks: tuple[NameMention, ...]
    figures: tuple[NameMention, ...]
    faults: tuple[Fault, ...]


def render_lesson(
    draft: Draft[LessonEntry],
    blocks: Sequence[Block],
    *,
    figures: Mapping[str, Figure | None],
    labels: Mapping[str, str],
) -> LessonDraft:
    """Render the blocks of a lesson.

    ``figures`` are those of its module by name, None if the drawing is faulty; ``labels`` are those of the sources by
    id. Whether the named questions and sources exist is not checked here.
    """
    writer = TextWriter(ProseReader(draft.place, Citations(labels)), figures)
    for block in blocks:
        writer.write(block)
    entry, cited = draft.entry, writer.prose.citations.first_lines
    lesson = Lesson(
        id=entry.id,
        title=entry.title,
        hook=entry.hook,
        objectives=tuple(entry.objectives),
        parts=writer.parts(),
        sections=tuple(writer.sections.values()),
        sources=tuple(cited),
        minutes=_minutes(writer.words, len(writer.figures_shown) + len(writer.checks)),
        facts=tuple(entry.facts),
        terms=tuple(writer.terms.values()),
    )
    if not writer.words:
        writer.prose.fault(
            draft.place.line(), "lesson", "the lesson has no text", "sections that begin with `## Title {#id}`"
        )
    mentions = tuple(NameMention(name, line) for name, line in cited.items())
    return LessonDraft(
        draft, lesson, mentions, tuple(writer.checks), tuple(writer.figures_shown), tuple(writer.prose.faults)
    )


def _minutes(words: int, pauses: int) -> int:
    """Return the reading time, with half a minute for each figure and check; half minutes round up."""
    return max(1, int(words / WORDS_PER_MINUTE + pauses / 2 + 0.5))


@dataclass(slots=True)
class TextWriter:
    """Turns the blocks of a lesson, or of a leaflet, into parts.

    Each ``_<block>`` method returns the HTML of the block of that name.
    """

    prose: ProseReader
    figures: Mapping[str, Figure | None]
    sections: dict[str, Section] = field(default_factory=dict)
    checks: list[NameMention] = field(default_factory=list)
    figures_shown: list[NameMention] = field(default_factory=list)
    terms: dict[str, Term] = field(default_factory=dict)
    is_leaflet: bool = False
    words: int = 0
    _parts: list[str | LessonCheck] = field(default_factory=list)
    _flags: int = 0
    _tables: int = 0

    def write(self, block: Block) -> None:
        known = LEAFLET_BLOCKS if self.is_leaflet else LESSON_BLOCKS
        if block.name is not None and block.name in LESSON_BLOCKS | LEAFLET_BLOCKS and block.name not in known:
            where = "leaflet" if self.is_leaflet else "lesson"
            self.prose.fault(
                block.line, "block", f"`{block.name}` does not belong in a {where}", ", ".join(sorted(known))
            )
            return
        if block.name == "check":
            self._check(block)
            return
        makers: dict[str | None, Callable[[Block], str]] = {
            None: self._running,
            "term": self._term,
            "figure": self._figure,
            "disputed": self._disputed,
            "recap": self._recap,
            "flag": self._flag,
            "tick": self._tick,
            "fill": self._fill,
        }
        if block.name in makers and (html := makers[block.name](block)):
            self._parts.append(html)

    def parts(self) -> tuple[str | LessonCheck, ...]:
        """Join the HTML between two checks into one chunk."""
        merged: list[str | LessonCheck] = []
        for part in self._parts:
            last = merged[-1] if merged else None
            if isinstance(part, str) and isinstance(last, str):
                merged[-1] = f"{last}\n{part}"
            else:
                merged.append(part)
        return tuple(merged)

    def _running(self, block: Block) -> str:
        return self._flow(self.prose.parse(block.text, line=block.first, headings=True), block.first)

    def _flow(self, tokens: Sequence[Token], first: int) -> str:
        html = []
        for opening, group in split_top_level(tokens):
            line = first + (opening.map[0] if opening.map else 0)
            if opening.type == "heading_open":
                self._section(opening, group[1], line)
            text = self._count(self.prose.html(group))
            html.append(self._scrollable(text) if opening.type == "table_open" else text)
        return "\n".join(html)

    def _section(self, opening: Token, inline: Token, line: int) -> None:
        name, title = str(opening.attrGet("id") or ""), self.prose.words(inline)
        if opening.tag not in {"h2", "h3"}:
            self.prose.fault(
                line, "heading", f"the heading has level {opening.tag[1]}", "## for a section, ### below it"
            )
        elif not title:
            self.prose.fault(line, "heading", "the heading has no text", "`## Title {#id}`")
        elif opening.tag == "h2" and not name:
            self.prose.fault(line, "heading", f"the section `{title[:40]}` has no id", "`## Title {#id}`")
        elif name:
            self._enter(Section(name, title), line, is_listed=opening.tag == "h2")

    def _enter(self, section: Section, line: int, *, is_listed: bool = True) -> None:
        """Add a section to the table of contents if its id is valid and free."""
        name = section.id
        if not is_listed:
            self.prose.fault(line, "heading", "a ### heading has an id", "ids on ## headings only")
        elif not re.fullmatch(ID_PATTERN, name) or name in RESERVED_IDS or name.startswith(RESERVED_PREFIXES):
            taken = ", ".join(sorted(RESERVED_IDS)) + " and names that begin with " + " ".join(RESERVED_PREFIXES)
            self.prose.fault(
                line, "section-id", f"`{name[:40]}` cannot be a section's id", f"kebab-case; {taken} are taken"
            )
        elif name in self.sections:
            self.prose.fault(line, "section-id", f"two sections have the id `{name}`", "each id once in a lesson")
        else:
            self.sections[name] = section

    def _scrollable(self, table: str) -> str:
        self._tables += 1
        last = list(self.sections.values())[-1].title if self.sections else "This lesson"
        label = escape(f"Table {self._tables}: {last}")
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'

    def _term(self, block: Block) -> str:
        tokens = self.prose.parse(block.text, line=block.first)
        if not block.argument or not tokens:
            self.prose.fault(
                block.line, "term", "a key term needs a name and a definition", "`::: term Name`, the definition, `:::`"
            )
        name, text = self.prose.label(block.argument, block.line), self._count(self._tight(tokens))
        term = re.sub(r"[^a-z0-9]+", "-", block.argument.lower()).strip("-")
        if term in self.terms:
            self.prose.fault(block.line, "term", f"`{block.argument[:40]}` is defined twice in this lesson", "once")
        plain = unescape(re.sub(r"<[^>]+>", "", name))
        self.terms[term] = Term(term, plain, drop_citations(text), find_citations(block.text))
        return f'<dl class="term" id="term-{term}"><dt><dfn>{name}</dfn></dt><dd>{text}</dd></dl>'

    def _figure(self, block: Block) -> str:
        name, _, size = block.argument.partition(" ")
        if size not in {"", "wide"} or not name:
            self.prose.fault(
                block.line,
                "figure",
                f"`{block.argument[:40]}` doesn't name a figure",
                "`::: figure name` or `::: figure name wide`",
            )
        caption, alternative = self._figure_text(block)
        figure = self.figures.get(name)
        if name and name not in self.figures:
            self.prose.fault(
                block.line,
                "unknown-figure",
                f"there is no figure `{name}`",
                f"a file figures/{name}.svg in this module",
            )
        self.figures_shown.append(NameMention(name, block.line))
        number = len(self.figures_shown)
        drawing = render_inline_svg(figure, f"figure-{number}-title") if figure else ""
        wide = " fig--wide" if size == "wide" else ""
        return (
            f'<figure class="fig{wide}"><div class="fig__plate">{drawing}</div>'
            f"<figcaption><b>Figure {number}.</b> {caption}"
            f"<details><summary>Read the figure as text</summary>{alternative}</details></figcaption></figure>"
        )

    def _figure_text(self, block: Block) -> tuple[str, str]:
        """Return the caption, and the text alternative with the same content as the picture."""
        above, rule, below = _split_at_rule(block.text)
        caption = self.prose.parse(above, line=block.first)
        if [token.type for token in caption] != ["paragraph_open", "inline", "paragraph_close"]:
            self.prose.fault(
                block.line,
                "figure",
                "the caption is not one paragraph",
                "one paragraph, then `***`, then the text alternative",
            )
        alternative = self.prose.parse(below, line=block.first + above.count("\n") + 2)
        if not rule or not alternative:
            self.prose.fault(
                block.line,
                "figure-text",
                "the figure has no text alternative",
                "a text with the same content as the picture, below a line `***`",
            )
        return self._count(self._tight(caption)), self.prose.html(alternative)

    def _disputed(self, block: Block) -> str:
        tokens = self.prose.parse(block.text, line=block.first)
        shape = [opening.type for opening, _ in split_top_level(tokens)]
        if shape != ["dl_open", "paragraph_open"] or sum(token.type == "dt_open" for token in tokens) < 2:
            expected = (
                "two or more positions (`Who holds it`, below it `: what they say`), then a paragraph fair to all"
            )
            self.prose.fault(
                block.line, "disputed", "this is not a list of positions followed by a fair summary", expected
            )
            return ""
        self._enter(DISPUTED, block.line)
        positions, (_, *words, _) = (group for _, group in split_top_level(tokens))
        pairs = "".join(f"<div>{self._count(self.prose.html(pair))}</div>" for pair in _positions(positions))
        last = self._count(self.prose.html(words))
        return (
            f'<section class="disputed fig--wide" aria-labelledby="{DISPUTED.id}">'
            f'<h3 id="{DISPUTED.id}">{_ICON.format("i-scale")}{DISPUTED.title}</h3>'
            f'<dl>{pairs}</dl><p class="disputed__sum">{last}</p></section>'
        )

    def _recap(self, block: Block) -> str:
        return self._list(block, "recap")

    def _tick(self, block: Block) -> str:
        return self._list(block, "tick-list")

    def _fill(self, block: Block) -> str:
        return self._list(block, "fill-in")

    def _list(self, block: Block, style: str) -> str:
        name, tokens = str(block.name), self.prose.parse(block.text, line=block.first)
        if [opening.type for opening, _ in split_top_level(tokens)] != ["bullet_list_open"]:
            self.prose.fault(block.line, name, f"the {name} is not a single list", "lines that begin with `- `")
            return ""
        return self._count(self.prose.html(tokens)).replace("<ul>", f'<ul class="{style}">', 1)

    def _flag(self, block: Block) -> str:
        tokens = self.prose.parse(block.text, line=block.first)
        if not block.argument or not tokens:
            self.prose.fault(block.line, "flag", "a flag needs a title and a text", "`::: flag Title`, the text, `:::`")
        self._flags += 1
        name, title = f"flag-{self._flags}", self.prose.label(block.argument, block.line)
        return (
            f'<section class="notice notice--warn" aria-labelledby="{name}">{_ICON.format("i-shield")}'
            f'<h3 id="{name}">{title}</h3>{self._flow(tokens, block.first)}</section>'
        )

    def _check(self, block: Block) -> None:
        name = block.argument
        if not re.fullmatch(ID_PATTERN, name) or block.text.strip():
            self.prose.fault(
                block.line,
                "check",
                "a check must name one question and contain nothing else",
                "`::: check question-id`, then `:::`",
            )
        elif name in {check.name for check in self.checks}:
            self.prose.fault(block.line, "check", f"`{name}` is asked twice in this lesson", "each check once")
        if not name:
            return
        self.checks.append(NameMention(name, block.line))
        self._parts.append(LessonCheck(name))

    def _tight(self, tokens: Sequence[Token]) -> str:
        """Render a single paragraph without its ``<p>``."""
        is_lone = [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        return self.prose.html(tokens[1:2] if is_lone else tokens)

    def _count(self, html: str) -> str:
        """Add words to the reading time, without the numbers of citations."""
        self.words += len(re.sub(r"<button[^>]*>\d+</button>|<[^>]+>", " ", html).split())
        return html


def _split_at_rule(text: str) -> tuple[str, bool, str]:
    """Split a figure's text at the line ``***``."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.strip() == "***":
            return "\n".join(lines[:at]), True, "\n".join(lines[at + 1 :])
    return text, False, ""


def _positions(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split a definition list into the tokens of each position."""
    runs: list[list[Token]] = []
    for token in tokens[1:-1]:
        if token.type == "dt_open":
            runs.append([])
        runs[-1].append(token)
    return runs
