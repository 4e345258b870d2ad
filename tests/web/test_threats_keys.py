"""Threats 1, 2 and 4: nothing that a learner can see of an attempt under way tells what is right."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import AttemptItem, QuestionKey, QuestionRow, QuestionVersion
from app.services.attempts import papers
from app.services.course import catalogue
from tests.support.attempt_client import HTMX, JSON, AttemptClient, mask_random, start, start_assigned
from tests.support.factory import Factory, Person

Plant = Callable[[], str]


def everything(reply: TestResponse, client: FlaskClient) -> str:
    """All that reaches the browser: body, headers, and what the cookie says when it is unpacked."""
    assert reply.status_code < 500, "a page that broke proves nothing"
    with client.session_transaction() as cookie:
        return f"{reply.status}\n{reply.headers}\n{reply.text}\n{dict(cookie)}"


def gets_around(play: AttemptClient) -> Iterator[TestResponse]:
    """Every page that a learner can look at during an attempt, plain, as a fragment and as JSON."""
    pages = [f"{play.path}/{one.n}" for one in play.questions()]
    pages += [play.path, f"{play.path}/summary", f"{play.path}/result", "/", "/modules/safety", "/progress"]
    for page in pages:
        for headers in ({}, HTMX, JSON):
            yield play.client.get(page, headers=headers)
            yield play.client.get(page, headers=headers, follow_redirects=True)


def posts_around(play: AttemptClient) -> Iterator[TestResponse]:
    """Every kind of post: saved, cleared, flagged, jumped, stale, repeated, impossible, as each kind of browser sends it."""
    for one in play.questions():
        for headers in ({}, HTMX, JSON):
            yield play.answer(one.n, *one.right, headers=headers)
            yield play.answer(one.n, one.wrong, headers=headers, certainty="3", save_id=f"s{one.n}")
            yield play.answer(one.n, one.wrong, headers=headers, revision=0, save_id=f"s{one.n}")
            yield play.answer(one.n, *one.right, headers=headers, revision=0)
            yield play.answer(one.n, 99, headers=headers)
            yield play.answer(one.n, headers=headers, flag="1", go="summary")
            yield play.answer(one.n, headers=headers, clear="1", go="2")


@pytest.mark.parametrize("set_for", ["oneself", "a cohort"])
def test_no_key_reaches_the_browser_during_a_test(plant: Plant, make: Factory, session: Session, set_for: str) -> None:
    """Threat 1. Fails when a question page renders ``results.feedback``, or the JSON of a save holds the mark or the key."""
    canary = plant()
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    client = learner.client
    play = start(client, session) if set_for == "oneself" else start_assigned(client, session, assignment.id)

    seen = [
        everything(reply, client) for replies in (gets_around, posts_around, gets_around) for reply in replies(play)
    ]

    assert len(seen) > 300
    assert not [text for text in seen if canary in text]


def test_the_canary_would_be_seen(plant: Plant, make: Factory, session: Session) -> None:
    """The result, where the key is released, shows each canary: the test above looks for something that can appear."""
    canary = plant()
    play = start(make.person().client, session)
    play.submit()

    page = play.result().text

    for one in play.questions():
        assert f"{canary}-explanation-{one.version_id}" in page
        assert f"{canary}-why-{one.version_id}-0" in page


def test_no_key_reaches_the_browser_before_check(plant: Plant, client: FlaskClient, session: Session) -> None:
    """Threat 1 in practice. Fails when the feedback is rendered hidden, to be shown by script."""
    canary = plant()
    play = start(client, session, "practice")

    seen = [everything(reply, client) for reply in gets_around(play)]

    assert not [text for text in seen if canary in text]


def test_check_gives_away_one_question_alone(plant: Plant, client: FlaskClient, session: Session) -> None:
    canary = plant()
    play = start(client, session, "practice")
    first, *others = play.questions()

    play.answer(first.n, *first.right)

    seen = "".join(everything(reply, client) for reply in gets_around(play))
    assert f"{canary}-explanation-{first.version_id}" in seen
    assert not [one for one in others if re.search(rf"{canary}-\w+-{one.version_id}\b", seen)]


@pytest.mark.parametrize(
    "page", ["/", "/progress", "/modules/safety", "/modules/safety/lessons/red-flags", "/red-flags"]
)
def test_no_key_is_on_the_pages_of_the_course(plant: Plant, make: Factory, page: str) -> None:
    canary = plant()
    learner = make.person()

    reply = learner.client.get(page, follow_redirects=True)

    assert canary not in everything(reply, learner.client)


def test_a_page_is_the_same_whatever_is_right(make: Factory, session: Session) -> None:
    """Threat 1. Fails when anything in a page depends on the key: a class, a data attribute, the order of options."""
    play = start(make.person().client, session)
    numbers = [one.n for one in play.questions()]
    before = [mask_random(play.page(n).text) for n in numbers]

    invert_keys(session)

    assert [mask_random(play.page(n).text) for n in numbers] == before


def invert_keys(session: Session) -> None:
    """Make right what was wrong and the other way round."""
    rows = session.execute(
        select(QuestionKey, QuestionVersion.option_count).join(
            QuestionVersion, QuestionVersion.id == QuestionKey.version_id
        )
    )
    for key, count in rows.all():
        if others := [index for index in range(count) if index not in key.body.get("correct", ())]:
            key.body = key.body | {"correct": others}
    session.commit()
    catalogue.clear_cache(session)


FORBIDDEN = {
    "correct",
    "is_right",
    "right",
    "why",
    "whys",
    "key",
    "explanation",
    "points",
    "is_critical",
    "sources",
    "feedback",
}


def fields_of(kind: object, seen: set[object]) -> Iterator[str]:
    """The names of all fields that an object of this type can reach."""
    for part in typing.get_args(kind):
        yield from fields_of(part, seen)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        for name, hint in typing.get_type_hints(kind).items():
            yield name
            yield from fields_of(hint, seen)


def test_what_is_rendered_under_way_has_no_field_for_the_key() -> None:
    """Threat 1. Fails when somebody adds ``is_right`` to an option, or hands a question's row to the template."""
    shown = [kind for kind in vars(papers).values() if isinstance(kind, type) and kind.__module__ == papers.__name__]

    names = {name for kind in shown for name in fields_of(kind, set())}

    assert {"stem", "places", "place", "text", "steps"} & names
    assert not FORBIDDEN & names
    assert all(dataclasses.is_dataclass(kind) and "__slots__" in vars(kind) for kind in shown)


def twin(session: Session, play: AttemptClient, other: Person) -> AttemptClient:
    """The same paper for another learner, so that two attempts differ in ids alone."""
    copy = start(other.client, session)
    rows = session.execute(
        select(AttemptItem.position, AttemptItem.version_id, AttemptItem.option_order).where(
            AttemptItem.attempt_id == play.attempt_id
        )
    )
    for position, version_id, order in rows.all():
        session.execute(
            update(AttemptItem)
            .where(AttemptItem.attempt_id == copy.attempt_id, AttemptItem.position == position)
            .values(version_id=version_id, option_order=order)
        )
    session.commit()
    return copy


def told(reply: TestResponse, play: AttemptClient) -> str:
    """Status, headers and body, without the ids of the attempt and the request, cookies and tokens."""
    varying = ("Set-Cookie", "Content-Length", "X-Request-Id")
    headers = {name: value for name, value in reply.headers.items() if name not in varying}
    return re.sub(
        rf'(attempts/|data-[\w-]+="){play.attempt_id}\b',
        r"\1ID",
        mask_random(f"{reply.status}\n{sorted(headers.items())}\n{reply.text}"),
    )


def test_a_right_and_a_wrong_answer_are_told_alike(make: Factory, session: Session) -> None:
    """Threat 2. Fails when a test's save settles the mark, counts it on a page, or says so in its JSON."""
    right = start(make.person(name="Kim Lee").client, session)
    wrong = twin(session, right, make.person(name="Kim Lee"))
    answers = [(one.n, one.right) for one in right.questions()]
    replies: dict[int, list[str]] = {right.attempt_id: [], wrong.attempt_id: []}

    for play in (right, wrong):
        for n, places in answers:
            for headers in ({}, HTMX, JSON):
                replies[play.attempt_id].append(told(play.answer(n, *places, headers=headers, certainty="2"), play))
            replies[play.attempt_id].append(told(play.page(n), play))
        for page in (play.path, f"{play.path}/summary", "/modules/safety", "/progress"):
            replies[play.attempt_id].append(told(play.client.get(page), play))
        # What was right for the first learner is wrong for the second.
        invert_keys(session)

    for told_right, told_wrong in zip(replies[right.attempt_id], replies[wrong.attempt_id], strict=True):
        assert told_right == told_wrong


def test_the_twins_of_the_test_above_end_apart(make: Factory, session: Session) -> None:
    right = start(make.person().client, session)
    wrong = twin(session, right, make.person())
    answers = [(one.n, one.right) for one in right.questions()]

    for play in (right, wrong):
        for n, places in answers:
            play.answer(n, *places)
        play.submit()
        assert ("<h1>Passed</h1>" in play.result().text) is (play is right)
        invert_keys(session)


def test_pages_name_places_not_the_authors_indexes(make: Factory, session: Session) -> None:
    """Threat 4. Fails when the form sends the author's index: the author tends to write the right option first."""
    play = start(make.person().client, session)

    for one in play.questions():
        values = re.findall(r'name="option" value="([^"]*)"', play.page(one.n).text)

        assert values == [str(place) for place in range(one.places)]


def test_the_key_stands_at_every_place_over_many_attempts(make: Factory, session: Session) -> None:
    """Threat 4 through the server; the chi-square over 1,000 attempts is in ``tests/domain/test_paper.py``."""
    shuffled = set(session.scalars(select(QuestionVersion.id).where(~QuestionVersion.is_order_fixed)))
    places: Counter[int] = Counter()

    for _ in range(12):
        play = start(make.person().client, session)
        places.update(one.right_place for one in play.questions() if one.version_id in shuffled and len(one.right) == 1)

    assert len(places) >= 4
    assert max(places.values()) < 0.5 * sum(places.values())


def test_practice_and_checks_never_hold_a_test_question(make: Factory, session: Session) -> None:
    """Fails when the pool of practice is not narrowed by use, or a check names a test question."""
    tested = set(session.scalars(select(QuestionVersion.id).join(QuestionRow).where(QuestionRow.use == "test")))

    for module in ("trigger-points", "referred-pain", "evidence", "safety"):
        learner = make.person()
        for _ in range(3):
            play = start(learner.client, session, "practice", module)
            drawn = {one.version_id for one in play.questions()}
            play.submit()

            assert len(drawn) == 10
            assert not drawn & tested
