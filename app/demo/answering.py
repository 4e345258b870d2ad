"""What the people of the demo answer, right or wrong, to a question of any kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from app.domain.content import Key, Kind
from app.domain.question import Shown
from app.domain.response import Given, Response


def right(shown: Shown, key: Key) -> Response:
    """The response that earns the whole point."""
    match shown.kind:
        case Kind.NUMERIC:
            return f"{key.value:g}"
        case Kind.ORDER:
            return [key.correct.index(step) + 1 for step in range(len(shown.options))]
        case Kind.REGION:
            return [key.correct[0]]
        case _:
            return list(key.correct)


def wrong(
    shown: Shown, key: Key, rng: Random, of_question: Random, likeness: Mapping[str, int] | None = None
) -> Response:
    """A response that isn't right. Who goes wrong mostly goes as others do: ``of_question`` decides what is more tempting than the rest.

    ``likeness`` says, for an option by its text, how easily it is taken for the right one; then that decides beside it.
    """
    match shown.kind:
        case Kind.NUMERIC:
            return f"{(key.value or 0) * of_question.choice((0.5, 2, 10)) + 2 * (key.tolerance or 0) + 1:g}"
        case Kind.MATCH | Kind.ORDER:
            response = [index for index in right(shown, key) if isinstance(index, int)]
            at = of_question.randrange(len(response) - 1)
            response[at], response[at + 1] = response[at + 1], response[at]
            return response
    others = [index for index in range(len(shown.options)) if index not in key.correct]
    of_question.shuffle(others)
    weights = [5, *[1] * (len(others) - 1)]
    if likeness:
        weights = [
            weight + 4 * likeness.get(shown.options[index], 0) for weight, index in zip(weights, others, strict=True)
        ]
    tempting = rng.choices(others, weights)[0]
    if shown.kind is not Kind.SEVERAL:
        return [tempting]
    kept = list(key.correct)[: max(1, len(key.correct) - rng.randrange(2))]
    return sorted({*kept, tempting})


def given(shown: Shown, order: Sequence[int], response: Response) -> Given:
    """A response as a page with its options in this order would send it."""
    place = {index: at for at, index in enumerate(order)}
    match shown.kind:
        case Kind.NUMERIC:
            return Given(number=str(response))
        case Kind.MATCH:
            return Given(
                matched={prompt: place[index] for prompt, index in enumerate(response) if isinstance(index, int)}
            )
        case Kind.ORDER:
            return Given(ranks={place[step]: rank for step, rank in enumerate(response) if isinstance(rank, int)})
        case _:
            return Given(places=tuple(place[index] for index in response if isinstance(index, int)))
