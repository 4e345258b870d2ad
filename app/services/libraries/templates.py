"""An example for a new document, by its path, so that nobody starts from an empty page."""

from __future__ import annotations

import re

_MODULE = re.compile(r"\d+-([a-z0-9]+(?:-[a-z0-9]+)*)/module\.yaml")
_LESSON = re.compile(r"\d+-[^/]+/lessons/\d+-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
_QUESTIONS = re.compile(r"\d+-[^/]+/questions/([a-z0-9]+(?:-[a-z0-9]+)*)\.yaml")
_FIGURE = re.compile(r"\d+-[^/]+/figures/[^/]+\.svg")

_MODULE_TEXT = """\
id: {name}
title: Title of the module
summary: One line about it.
pass_mark: 80
objectives:
  - id: {name}-objective
    title: Say what learners can do after this module
practice:
  questions: 2
test:
  questions: 1
  blueprint:
    - {{objective: {name}-objective, questions: 1}}
"""
_LESSON_TEXT = """\
---
id: {name}
title: Title of the lesson
hook: A question that the lesson answers?
objectives: [first-objective]
---
## A section {{#section}}
A claim with its source. [@EXAMPLE]

## In short {{#short}}
::: recap
- The main point.
:::
"""
_QUESTIONS_TEXT = """\
- id: {name}-1
  objective: first-objective
  level: recall
  kind: single
  use: practice
  stem: What is asked?
  options:
    - text: The right answer
      correct: true
      why: Why it is right.
    - text: A wrong answer
      why: Why it is wrong.
    - text: Another wrong one
      why: Why it is wrong, too.
  explanation: What to remember.
  sources: [EXAMPLE]
"""
_FIGURE_TEXT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 250">
  <title>What the drawing shows</title>
  <path class="f-line" d="M20 125h360"/>
</svg>
"""
_TEMPLATES = ((_MODULE, _MODULE_TEXT), (_LESSON, _LESSON_TEXT), (_QUESTIONS, _QUESTIONS_TEXT))


def make_template(path: str) -> bytes:
    """Return an example of what belongs at ``path``; it is empty if nothing is known to."""
    if _FIGURE.fullmatch(path):
        return _FIGURE_TEXT.encode()
    for pattern, text in _TEMPLATES:
        if found := pattern.fullmatch(path):
            return text.format(name=found[1]).encode()
    return b""
