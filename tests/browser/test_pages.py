"""Every page: no violation of WCAG 2.2 A or AA, light and dark, on a phone and on a screen; and no scrolling sideways at 320 px."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException

from app import create_app
from tests.browser.conftest import Door, Site, Watch
from tests.browser.support.scene import Scene
from tests.browser.support.scenes import SCENES, build_url, open_scene
from tests.browser.support.wcag import find_violations, list_wide_elements
from tests.conftest import settings_for

PAGELESS = {
    "static": "files",
    "combined": "files",
    "security.static": "files of the accounts library",
    "health.healthz": "plain text for a load balancer",
    "health.readyz": "plain text for a load balancer",
    "health.show_metrics": "plain text for Prometheus",
    "learn.resume_attempt": "leads to the first unanswered question",
    "learn.get_time_left": "two numbers for the timer of a page",
    "learn.export_calendar": "a file for calendars",
    "learn.list_kept_pages": "a list for the service worker",
    "learn.get_kept_version": "one value for the service worker",
    "learn.send_service_worker": "a script",
    "learn.show_manifest": "a file for installing Palpate",
    "admin.index": "leads to the people",
    "admin.export_audit_log": "a file to download",
    "teach.show_joined": "the number of members on the join screen",
    "teach.export_gradebook": "a file to download",
    "teach.export_workbook": "a file to download",
    "admin.list_questions": "leads to the question bank",
    "teach.export_score_plot": "a picture to save",
    "teach.export_curve_plot": "a picture to save",
    "teach.export_gain_plot": "a picture to save",
    "teach.export_confusion_plot": "a picture to save",
    "teach.export_question_analysis": "a file to download",
    "studio.download_document": "a file to download",
    "studio.download_library": "a file to download",
    "studio.download_export": "a file to download",
    "studio.download_import_report": "a file to download",
    "studio.download_template": "a file to download",
    "learn.download_certificate": "a file to download",
    "learn.download_badge": "a file to download",
    "learn.show_issuer": "keys for other programs",
    "learn.list_badge_keys": "keys for other programs",
    "learn.show_badge_status": "a list for other programs",
    "learn.show_picture": "a picture of a lesson or a question",
    "learn.export_progress": "a file to download",
    "learn.export_progress_table": "a file to download",
    "learn.export_cpd": "a file to download",
    "learn.print_cpd": "a file to download",
    "learn.print_transcript": "a file to download",
    "teach.print_learner_transcript": "a file to download",
    "teach.print_transcripts": "a file to download",
    "teach.export_transcripts": "a file to download",
}
"""Addresses for GET that show no page of their own, and why."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_page_keeps_to_wcag_and_to_the_width_of_a_phone(browser: Browser, site: Site, scene: Scene) -> None:
    """Fails when a label, a name, contrast, or the size of a target is missing on any page, or when a page is wider than 320 px."""
    watch = Watch(expected={scene.status} - {200})
    door = Door(browser, site, watch)
    page = door.enter(scene.who)
    answers: set[int] = set()
    page.on("response", lambda response: answers.add(response.status))

    open_scene(page, scene, site.stage)
    found = find_violations(page)
    page.set_viewport_size({"width": 320, "height": 640})
    found += list_wide_elements(page)
    door.close()

    assert scene.status in answers
    assert not found, "\n".join(found)
    assert not watch.troubles, "\n".join(watch.troubles)


def test_every_address_that_shows_a_page_is_among_the_scenes(site: Site, tmp_path: Path) -> None:
    """Fails when a page is added that none of the tests here looks at."""
    app = create_app(settings_for(tmp_path))
    adapter = app.url_map.bind("localhost")
    shown = set()
    for scene in SCENES:
        try:
            endpoint, _values = adapter.match(build_url(scene, site.stage).split("?")[0], method="GET")
        except HTTPException:
            continue
        shown.add(endpoint)

    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert pages - shown - PAGELESS.keys() == set()
