"""A small sound course on disk, to be spoilt in one place by each test."""

from __future__ import annotations

import re
from pathlib import Path

from app.content.folders import find_course_files
from app.content.loader import LoadedCourse, load_course
from app.content.material import read_material
from app.domain.content import Course, Lesson

COURSE = """\
title: A small course
modules: [basics]
red_flags: first-lesson
"""

SOURCES = """\
- id: LUCAS-2009
  label: Lucas and colleagues 2009
  title: "Reliability of physical examination"
  where: "Clinical Journal of Pain 25:80-89"
  year: 2009
  link: https://doi.org/10.1097/AJP.0b013e31817e13b6
  kind: Systematic review of nine studies
  says: Physical examination could not be recommended as a reliable test.
  strength: 3
  level: Systematic review
- id: TS-1999
  label: "Simons & Travell 1999"
  title: The manual
  kind: Textbook
  says: What experienced clinicians observed.
  strength: 1
  level: Expert opinion
  unlinked: A printed book.
"""

MODULE = """\
id: basics
title: Basics
summary: One line on what it is about.
pass_mark: 80
objectives:
  - id: band
    title: Say what a taut band is
    read: first-lesson#band
practice:
  questions: 2
test:
  questions: 1
  minutes: 15
  blueprint:
    - {objective: band, questions: 1}
"""

LESSON = """\
---
id: first-lesson
title: What the finger feels
hook: Two examiners press one shoulder. Do they agree?
objectives: [band]
facts: [B004]
---
## A knot in a band {#band}
Run a fingertip across a muscle. [@TS-1999]

::: figure band wide
**What the finger looks for.** One tight strip. [@LUCAS-2009]

***

A fingertip presses on one straight strip of fibres.
:::

::: check band-feel
:::

## In short {#short}
::: recap
- A strip that is harder than its neighbours.
:::
"""

FIGURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 250">
  <title>A fingertip on a band</title>
  <path class="f-band" d="M8 124h384"/>
  <text class="t-ink" x="34" y="232">taut band</text>
</svg>
"""

QUESTIONS = """\
- id: band-feel
  objective: band
  level: recall
  kind: single
  use: practice
  stem: What does the finger meet?
  options:
    - text: A narrow, hard strip
      correct: true
      why: That is how it is described.
    - text: A wide, soft sheet
      why: The rest of the muscle feels so.
    - text: A small, loose pebble
      why: Nothing moves freely there.
  explanation: A taut band is a strip of tight fibres.
  sources: [TS-1999]
- id: band-signs
  objective: band
  level: apply
  kind: several
  use: practice
  vignette: A swimmer has a sore shoulder.
  stem: What points to a trigger point?
  options:
    - text: A tender knot
      correct: true
      why: It belongs to the picture.
    - text: A red swelling
      why: That points to something else.
    - text: A numb thumb
      why: That points to a nerve.
  explanation: Tender and hard is the classic pair.
  sources: [LUCAS-2009, TS-1999]
- id: band-spasm
  objective: band
  level: recall
  kind: truefalse
  use: test
  critical: true
  stem: A taut band is a spasm of the whole muscle.
  options:
    - text: "True"
      why: It is a strip within it.
    - text: "False"
      correct: true
      why: The rest of it is soft.
  explanation: A band takes part of a muscle.
  sources: [TS-1999]
"""

FILES = {
    "course.yaml": COURSE,
    "sources.yaml": SOURCES,
    "1-basics/module.yaml": MODULE,
    "1-basics/lessons/01-first.md": LESSON,
    "1-basics/figures/band.svg": FIGURE,
    "1-basics/questions/band.yaml": QUESTIONS,
}


class Folder:
    """A course folder. Paths are given and shown relative to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str | bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        (self.path / name).unlink()

    def load(self, *further: Path) -> LoadedCourse:
        return load_course([self.path, *further])

    def course(self, *further: Path) -> Course:
        loaded = self.load(*further)
        assert loaded.course is not None, self.shown(loaded)
        return loaded.course

    def lesson(self, body: str) -> Lesson:
        """Return the first lesson with another text below its head, faulty as the course may be without the old."""
        head = LESSON.split("---\n")[1]
        self.write("1-basics/lessons/01-first.md", f"---\n{head}---\n{body}")
        [draft] = read_material(find_course_files([self.path])).modules["basics"].lessons
        assert draft.faults == ()
        return draft.lesson

    def add_module(self, name: str) -> None:
        """Write a sound module whose ids and stems are its own. It has yet to be listed."""
        renamed = {
            "id: basics": f"id: {name}",
            "id: band-": f"id: {name}-",
            "check band-": f"check {name}-",
            "first-lesson": f"{name}-lesson",
            "id: band\n": f"id: {name}-band\n",
            "objective: band": f"objective: {name}-band",
            "[band]": f"[{name}-band]",
            "stem: ": f"stem: In {name}, ",
        }
        for path, text in FILES.items():
            if path.startswith("1-basics/"):
                for old, new in renamed.items():
                    text = text.replace(old, new)
                self.write(path.replace("1-basics", f"2-{name}"), text)

    def faults(self, *further: Path) -> list[str]:
        loaded = self.load(*further)
        assert (loaded.course is None) == bool(loaded.faults)
        return self.shown(loaded)

    def shown(self, loaded: LoadedCourse) -> list[str]:
        """Return the faults as they are printed, with the paths cut to names."""
        return [re.sub(r"/\S*/(?=[^/\s])", "", str(fault)) for fault in loaded.faults]
