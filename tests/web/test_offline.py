"""Offline reading, the server's part: the list of what is kept, copies that contain nothing of an account, and the files."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.content import LessonCheck, Picture
from app.models import LibraryRole
from app.services.course.pictures import add_pictures, list_pictures
from app.services.course.publisher import write_course
from app.services.libraries.documents import compute_digest
from app.web import assets
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.picture_bytes import draw, save
from tests.support.published_course import load_small_course
from tests.support.published_library import publish

COPY = {"Palpate-Copy": "zone=Europe%2FBerlin&theme=dark"}
LESSON = "/modules/safety/lessons/red-flags"
PLACES = ("/offline", "/red-flags", "/glossary", "/leaflets", "/body-map", LESSON, "/modules/safety")


def list_pages(client: FlaskClient) -> list[str]:
    pages: list[str] = client.get("/offline/contents").get_json()["pages"]
    return pages


def test_every_part_of_the_course_that_all_see_alike_is_kept(client: FlaskClient) -> None:
    course = load_small_course()

    pages = list_pages(client)

    assert len(pages) == len(set(pages))
    assert {*PLACES, "/body-map?by=place"} <= {*pages}
    assert {f"/leaflets/{leaflet.id}" for leaflet in course.leaflets} <= {*pages}
    assert {f"/body-map?muscle={muscle.id}" for muscle in course.muscles} <= {*pages}
    assert {f"/body-map?place={zone.id}" for zone in course.zones} <= {*pages}
    for module in course.modules:
        lessons = {f"/modules/{module.id}/lessons/{lesson.id}" for lesson in module.lessons}
        assert {f"/modules/{module.id}", *lessons} <= {*pages}


def test_a_copy_has_no_form_no_session_and_only_files_that_are_kept(client: FlaskClient) -> None:
    contents = client.get("/offline/contents").get_json()
    for path in contents["pages"]:
        reply = client.get(path, headers=COPY)

        assert reply.status_code == 200, path
        assert "<form" not in reply.text, path
        assert "csrf" not in reply.text, path
        assert "Set-Cookie" not in reply.headers, path
        assert {*re.findall(r'(?:href|src)="(/static/[^"#]*)', reply.text)} <= {*contents["files"]}, path


def test_every_file_that_is_kept_exists(client: FlaskClient) -> None:
    for path in client.get("/offline/contents").get_json()["files"]:
        with client.get(path) as reply:
            assert reply.status_code == 200, path


def test_a_copy_is_that_of_a_visitor_even_if_cookies_come_along(client: FlaskClient, learner: Person) -> None:
    assert learner.user.name in learner.client.get("/glossary").text

    for path in list_pages(client):
        own, visitors = learner.client.get(path, headers=COPY).text, client.get(path, headers=COPY).text
        assert own == visitors, path
        assert learner.user.name not in own


def test_a_request_for_a_copy_can_change_nothing(learner: Person, checked_forms: Flask) -> None:
    reply = learner.client.post(f"{LESSON}/done", headers=COPY)

    assert reply.status_code == 400


def test_a_copy_says_when_it_was_made_in_the_zone_theme_and_language_of_its_reader(
    client: FlaskClient, clock: Clock
) -> None:
    page = client.get("/red-flags", headers=COPY).text
    german = client.get("/red-flags", headers=COPY | {"Accept-Language": "de"}).text

    assert "Offline copy of 23 November 2026, 10:00." in re.sub(r"\s+", " ", page)
    assert 'data-theme="dark"' in page
    assert '<html lang="de"' in german
    assert "23. November 2026" in german


@pytest.mark.parametrize(
    "wanted",
    ["", "1", "zone=&theme=", "zone=Nowhere%2FAt%20all&theme=pink", "zone=..%2F..%2Fetc&theme=<b>", "zone=%00"],
)
def test_wishes_that_make_no_sense_are_ignored(client: FlaskClient, wanted: str) -> None:
    reply = client.get("/red-flags", headers={"Palpate-Copy": wanted})

    assert reply.status_code == 200
    assert "Offline copy of 23 November 2026, 09:00." in re.sub(r"\s+", " ", reply.text)
    assert 'data-theme="system"' in reply.text


def test_other_pages_are_no_copies(client: FlaskClient) -> None:
    for path in PLACES:
        page = client.get(path).text
        assert "Offline copy" not in page
        assert "<form" in page


def test_a_library_is_never_kept(
    session: Session, make: Factory, trainer: Person, learner: Person, clock: Clock
) -> None:
    library = make.library(trainer, "Our bank", (learner, LibraryRole.READER))
    publish(session, trainer.user, library, clock.now)

    for person in (trainer, learner):
        assert not [path for path in list_pages(person.client) if "our-bank" in path]
    assert trainer.client.get("/modules/our-bank.first-module").status_code == 200
    assert trainer.client.get("/modules/our-bank.first-module", headers=COPY).status_code == 404


def test_pictures_of_lessons_are_kept_and_no_others(client: FlaskClient, session: Session, clock: Clock) -> None:
    """Others are in questions, whose addresses nobody should learn before being asked."""
    bodies = [save(draw(size=(40, side)), "PNG") for side in (20, 30, 50)]
    shown, checked, asked = (Picture(compute_digest(body), "png", "image/png", 40, 20, body) for body in bodies)
    drawings = {
        one: f'<svg viewBox="0 0 40 20"><image href="{one.address}" width="40" height="20"></image></svg>'
        for one in (shown, checked, asked)
    }
    course = load_small_course()
    first, *modules = course.modules
    lesson, *lessons = first.lessons
    checks = {part.question for part in lesson.parts if isinstance(part, LessonCheck)}
    lesson = replace(lesson, parts=(*lesson.parts, drawings[shown]))
    questions = tuple(replace(one, picture=drawings[checked if one.id in checks else asked]) for one in first.questions)
    first = replace(first, lessons=(lesson, *lessons), questions=questions, pictures=(shown, checked, asked))
    course = replace(course, modules=(first, *modules))
    write_course(session, course, clock.now)
    add_pictures(session, list_pictures(course, None))
    session.commit()

    files = client.get("/offline/contents").get_json()["files"]

    assert [path for path in files if path.startswith("/pictures/")] == sorted([shown.address, checked.address])
    assert f'href="{shown.address}"' in client.get(f"/modules/{first.id}/lessons/{lesson.id}", headers=COPY).text
    assert client.get(shown.address, headers=COPY).data == shown.body
    assert client.get(asked.address).status_code == 200


def test_a_publication_changes_the_version(client: FlaskClient, session: Session, clock: Clock) -> None:
    before = client.get("/offline/version").get_json()
    assert client.get("/offline/version").get_json() == before
    assert client.get("/offline/contents").get_json()["version"] == before["version"]

    write_course(session, replace(load_small_course(), title="Another title"), clock.advance(hours=1))
    session.commit()

    assert client.get("/offline/version").get_json() != before


def test_a_release_and_the_emergency_number_change_the_version(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {client.get("/offline/version").get_json()["version"]}

    monkeypatch.setattr("app.learn.offline.VERSION", "0.0.0")
    versions.add(client.get("/offline/version").get_json()["version"])
    monkeypatch.setitem(app.config, "PALPATE", replace(app.config["PALPATE"], emergency_number=("144",)))
    versions.add(client.get("/offline/version").get_json()["version"])

    assert len(versions) == 3


def test_the_worker_is_served_for_the_whole_site_and_is_never_stale(client: FlaskClient) -> None:
    reply = client.get("/service-worker.js")

    assert reply.mimetype == "text/javascript"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.data == (assets.STATIC / "js" / "service-worker.js").read_bytes()


def test_only_the_page_of_offline_reading_has_the_script_that_registers_a_worker(client: FlaskClient) -> None:
    assert "serviceWorker" not in assets.combine("js/app.js")
    assert "/static/js/offline.js" in client.get("/offline").text
    assert "/static/js/offline.js" not in client.get("/").text


def test_the_manifest_names_icons_of_the_stated_sizes(client: FlaskClient) -> None:
    path = re.findall(r'<link rel="manifest" href="([^"]+)"', client.get("/").text)[0]

    reply = client.get(path)
    manifest = reply.get_json()

    assert reply.mimetype == "application/manifest+json"
    assert client.get(manifest["start_url"]).status_code == 200
    pictures = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {(icon["sizes"], icon["purpose"]) for icon in pictures} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in pictures:
        with client.get(icon["src"]) as picture:
            width, height = struct.unpack(">II", picture.data[16:24])
        assert icon["sizes"] == f"{width}x{height}"


def test_the_policy_allows_a_worker_and_a_manifest_of_this_server_only(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]

    assert "worker-src 'self'; " in policy
    assert "manifest-src 'self'; " in policy


def test_links_of_a_copy_of_the_list_lead_to_what_is_kept(client: FlaskClient) -> None:
    pages = {urlsplit(path).path for path in list_pages(client)}
    copy = client.get("/offline", headers=COPY).text

    links = {urlsplit(path).path for path in re.findall(r'<a [^>]*href="(/[^"#]*)"', copy)}

    assert len(links) > 10
    assert links <= pages


def test_the_version_takes_one_statement_and_the_page_few(
    client: FlaskClient, statements: Callable[[], list[str]]
) -> None:
    client.get("/offline")
    statements()

    client.get("/offline/version")
    assert len(statements()) == 1
    client.get("/offline")
    assert len(statements()) <= 6
