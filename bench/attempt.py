"""One whole attempt, as a browser without JavaScript takes it, step by step with a stopwatch."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from bench.browser import Browser, Reply

MODULES = ("trigger-points", "referred-pain", "treatment", "evidence", "safety")
STEPS = ("module", "start", "page", "answer", "feedback", "summary", "submit", "result")


class UnexpectedReply(Exception):
    """The server answered, but not as it should."""


@dataclass
class Timings:
    """By step: seconds and bytes of each reply."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    attempts: int = 0


async def play(browser: Browser, module: str, mode: str, timings: Timings, rng: Random) -> None:
    """View the module, start, for each question page and answer (in practice then the feedback), summary, submit, result.

    :raise UnexpectedReply: a reply with another status than this step has.
    """
    view = await _timed(timings, "module", browser, f"/modules/{module}")
    token = view.field("csrf_token")
    reply = await _timed(
        timings, "start", browser, f"/modules/{module}/attempts", [("mode", mode), ("csrf_token", token)]
    )
    while not reply.location.endswith("/summary"):
        page = await _timed(timings, "page", browser, reply.location)
        here = reply.location.partition("#")[0]
        reply = await _timed(timings, "answer", browser, here, answer(page, rng))
        if mode == "practice":
            feedback = await _timed(timings, "feedback", browser, here)
            onward = re.search(r'class="btn btn--main steps__end" href="([^"]+)"', feedback.text)
            assert onward, "the feedback leads nowhere"
            reply.headers["location"] = onward[1]
    summary = await _timed(timings, "summary", browser, reply.location)
    submit = reply.location.replace("/summary", "/submit")
    reply = await _timed(timings, "submit", browser, submit, [("csrf_token", summary.field("csrf_token"))])
    await _timed(timings, "result", browser, reply.location)
    timings.attempts += 1


_OPTION = re.compile(r'name="option" value="(\d+)"( checked)?')
_SELECT = re.compile(r'<select[^>]* name="((?:match|order)-\d+)"[^>]*>(.*?)</select>', re.DOTALL)
_CHOICE = re.compile(r'<option value="(\d+)"( selected)?')


def answer(page: Reply, rng: Random) -> list[tuple[str, str]]:
    """The form of a question page, answered by chance: otherwise than is stored."""
    return [*((name, page.field(name)) for name in ("csrf_token", "revision", "save_id")), *_answered(page.text, rng)]


def _answered(page: str, rng: Random) -> list[tuple[str, str]]:
    """The fields of the answer, by what the page offers: options, drop-downs, or a number."""
    if options := _OPTION.findall(page):
        return [("option", rng.choice([place for place, on in options if not on]))]
    if selects := _SELECT.findall(page):
        choices = [value for value, _ in _CHOICE.findall(selects[0][1])]
        stored = [value for _, body in selects for value, on in _CHOICE.findall(body) if on]
        # Each step has a place of its own; right sides may serve twice, but need not. What is stored already would not be stored again.
        chosen = stored
        while chosen == stored:
            chosen = rng.sample(choices, len(selects))
        return [(name, value) for (name, _), value in zip(selects, chosen, strict=True)]
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
