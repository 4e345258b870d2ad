from __future__ import annotations

import pytest
from flask.testing import FlaskClient


def test_it_works(client: FlaskClient) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "Trigger points" in page.text


def test_practice_as_a_guest(client: FlaskClient) -> None:
    started = client.post("/modules/safety/attempts", data={"mode": "practice"})

    assert started.status_code == 303
    assert client.get(started.location).status_code == 200


@pytest.mark.parametrize(
    ("shown_at", "back"),
    [
        ("/progress", "/progress"),
        ("/modules/safety?x=1", "/modules/safety?x=1"),
        ("/modules/safety/lessons/red-flags/checks/some-question", "/modules/safety/lessons/red-flags"),
        ("/teach/assignments/1/withdraw", "/teach/assignments/1"),
        ("/nowhere/at/all", "/"),
    ],
)
def test_setting_the_appearance_leads_back_to_a_page(client: FlaskClient, shown_at: str, back: str) -> None:
    """Fails when a form's refusal, shown at an address that takes only posts, is gone back to: that is a 405."""
    reply = client.post("/appearance", data={"theme": "dark"}, headers={"Referer": f"http://localhost{shown_at}"})

    assert (reply.status_code, reply.location) == (303, back)
