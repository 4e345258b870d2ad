from __future__ import annotations

from flask.testing import FlaskClient


def test_it_works(client: FlaskClient) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "Trigger points" in page.text


def test_practice_as_a_guest(client: FlaskClient) -> None:
    started = client.post("/modules/safety/attempts", data={"mode": "practice"})

    assert started.status_code == 303
    assert client.get(started.location).status_code == 200
