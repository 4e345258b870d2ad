"""One whole attempt as taken by a browser without JavaScript, with the time of each step."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from bench.browser import Browser, Reply

MODULES = ("trigger-points", "referred-pain", "treatment", "evidence", "safety")
STEPS = ("open", "start", "page", "answer", "feedback", "summary", "submit", "result")


class UnexpectedReply(Exception):
    """The server sent a reply with the wrong status."""


@dataclass
class Timings:
    """Seconds and bytes of each reply, by step."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    attempts: int = 0
    latest_result: str = ""
    """The path of the result of the latest attempt."""


async def take_attempt(browser: Browser, module: str, mode: str, timings: Timings, rng: Random) -> None:
    """Take an attempt: the page with the start button, each question (in practice with feedback), summary, result.

    :raise UnexpectedReply: a reply has the wrong status.
    """
    path = f"/modules/{module}/test" if mode == "test" else f"/modules/{module}"
    token = (await _timed(timings, "open", browser, path)).field("csrf_token")
    reply = await _timed(
        timings, "start", browser, f"/modules/{module}/attempts", [("mode", mode), ("csrf_token", token)]
    )
    while not reply.location.endswith("/summary"):
        here = reply.location.partition("#")[0]
        page = await _timed(timings, "page", browser, here)
        reply = await _timed(timings, "answer", browser, here, answer(page, rng))
        if mode == "practice" and not reply.location.endswith("#step"):
            feedback = await _timed(timings, "feedback", browser, here)
            onward = re.search(r'class="btn btn--main" href="([^"]+)"', feedback.text)
            # The last question has a button to the result instead.
            reply.headers["location"] = onward[1] if onward else f"{here.rpartition('/')[0]}/summary"
    summary = await _timed(timings, "summary", browser, reply.location)
    submit = reply.location.replace("/summary", "/submit")
    reply = await _timed(timings, "submit", browser, submit, [("csrf_token", summary.field("csrf_token"))])
    await _timed(timings, "result", browser, reply.location)
    timings.latest_result = reply.location
    timings.attempts += 1


_CERTAINTY = re.compile(r'name="certainty" value="(\d)"')
_OPTION = re.compile(r'name="option" value="(\d+)"( checked)?')
_SELECT = re.compile(r'<select[^>]* name="((?:match|order)-\d+)"[^>]*>(.*?)</select>', re.DOTALL)
_STEP = re.compile(r'name="(case-step)"\s+value="(\d+)"')
_TAKEN = re.compile(r'<input type="hidden" name="(case-\d+)" value="(\d+)"')
_OPEN = re.compile(r'<input type="radio" name="(case-\d+)" value="(\d+)"')
_ONWARD = re.compile(r'name="go"\s+value="(\d+|summary)"\s+data-proceeds')
_CHOICE = re.compile(r'<option value="(\d+)"( selected)?')


def answer(page: Reply, rng: Random) -> list[tuple[str, str]]:
    """Return the form of a question page with a random answer that differs from the stored one.

    If no answer is possible any more, the certainty is not changed either: that would be a save without an answer.
    """
    hidden = [(name, page.field(name)) for name in ("csrf_token", "revision", "save_id")]
    answered = _answered(page.text, rng)
    chips = [] if answered[0][0] == "go" else _CERTAINTY.findall(page.text)
    return [*hidden, *answered, *([("certainty", rng.choice(chips))] if chips else [])]


def _answered(page: str, rng: Random) -> list[tuple[str, str]]:
    """Return the fields of a random answer to the page's options, drop-downs or number field."""
    if options := _OPTION.findall(page):
        return [("option", rng.choice([place for place, on in options if not on]))]
    if selects := _SELECT.findall(page):
        choices = [value for value, _ in _CHOICE.findall(selects[0][1])]
        stored = [value for _, body in selects for value, on in _CHOICE.findall(body) if on]
        # Steps need different places, and matches may have different ones. An unchanged answer would not be saved.
        chosen = stored
        while chosen == stored:
            chosen = rng.sample(choices, len(selects))
        return [(name, value) for (name, _), value in zip(selects, chosen, strict=True)]
    if step := _STEP.search(page):
        return [*_TAKEN.findall(page), rng.choice(_OPEN.findall(page)), (step[1], step[2])]
    if onward := 'class="record"' in page and _ONWARD.search(page):
        return [("go", onward[1])]  # a case in which every step is taken
    assert 'name="value"' in page, f"the page has no field for an answer: {page[:300]}"
    return [("value", str(rng.randrange(1, 10_000)))]


async def _timed(
    timings: Timings, step: str, browser: Browser, path: str, fields: list[tuple[str, str]] | None = None
) -> Reply:
    began = time.perf_counter()
    reply = await (browser.get(path) if fields is None else browser.post(path, fields))
    timings.seconds[step].append(time.perf_counter() - began)
    timings.sizes[step].append(reply.size)
    if reply.status != (200 if fields is None else 303):
        raise UnexpectedReply(f"{step}: {reply.status} for {path}: {reply.text[:300]}")
    return reply
