"""Answers and keys in words."""

from __future__ import annotations

from app.domain.content import Key, Kind
from app.domain.question import Shown
from app.domain.response import Response

MATCHED = " – "
"""Between the two sides of a match, in words."""


def told(shown: Shown, response: Response | None) -> tuple[str, ...]:
    """A response in words, one for each thing chosen; none for a blank."""
    if response is None:
        return ()
    if isinstance(response, str):
        return (f"{_number(response)} {shown.unit}" if shown.unit else _number(response),)
    match shown.kind:
        case Kind.MATCH:
            pairs = zip(shown.prompts, response, strict=True)
            return tuple(f"{prompt}{MATCHED}{shown.options[index]}" for prompt, index in pairs if index is not None)
        case Kind.ORDER:
            ranked = sorted((rank, step) for step, rank in enumerate(response) if rank is not None)
            return tuple(f"{rank}. {shown.options[step]}" for rank, step in ranked)
        case _:
            return tuple(shown.options[index] for index in response if index is not None)


def right_texts(shown: Shown, key: Key) -> tuple[str, ...]:
    """The right answer in words, one for each thing to choose."""
    match shown.kind:
        case Kind.MATCH:
            return told(shown, key.correct)
        case Kind.ORDER:
            return tuple(f"{place}. {shown.options[step]}" for place, step in enumerate(key.correct, start=1))
        case Kind.NUMERIC:
            unit = f" {shown.unit}" if shown.unit else ""
            within = f" (± {_number(f'{key.tolerance:g}')})" if key.tolerance else ""
            return (f"{_number(f'{key.value:g}')}{unit}{within}",)
        case _:
            return tuple(shown.options[index] for index in key.correct)


def _number(digits: str) -> str:
    return digits.replace("-", "\u2212")
