"""Every page there is, and who sees it: for the accessibility and width tests, and for the screenshots.

A scene opens an address and may act on the page, as far as that can be repeated. ``status`` is the answer that is expected at its end.
"""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.support.composed_scenes import COMPOSED
from tests.browser.support.learner_scenes import GUEST, LEARNER, LESSONS, VISITOR
from tests.browser.support.marking_scenes import MARKING
from tests.browser.support.page_acts import (
    create_password_link,
    demote_the_last_admin,
    grant_less,
    grant_nothing,
    invite,
    invite_trainer,
    make_invitation,
    make_reset_link,
    pretend_edited,
    renew_links,
    save_unseen,
    send_empty,
    send_last,
    send_no_title,
    set_impossible_mark,
    set_impossible_terms,
    skip_check,
    unfold,
)
from tests.browser.support.scene import Scene
from tests.browser.support.stage_learners import Stage
from tests.browser.support.studio_scenes import STUDIO
from tests.support.question_kinds import MARKED_BY_KEY

PEOPLE = (
    "visitor",
    "guest",
    "kinds",
    "kinds-checked",
    "kinds-test",
    "kinds-done",
    "left",
    "returning",
    "new",
    "unconfirmed",
    "changing",
    "keeper",
    "learner",
    "reviewer",
    "reviewing",
    "pausing",
    "writer",
    "graded",
    "sitting",
    "examined",
    "trainer",
    "idle",
    "admin",
)


STAFF = (
    Scene("cohorts", "trainer", "/teach"),
    Scene("cohorts-none", "idle", "/teach"),
    Scene("cohorts-errors", "trainer", "/teach", send_empty, 422),
    Scene("cohort", "trainer", "/teach/cohorts/{cohort}"),
    Scene("gradebook", "trainer", "/teach/cohorts/{cohort}/gradebook"),
    Scene("certificate-taught", "trainer", "/teach/certificates/{certificate}"),
    Scene("certificate-errors", "trainer", "/teach/certificates/{certificate}", send_empty, 422),
    Scene("cohort-people", "trainer", "/teach/cohorts/{cohort}/people"),
    Scene("cohort-people-seen", "trainer", "/teach/cohorts/{cohort}/people?sort=seen&q=a"),
    Scene("cohort-people-many", "trainer", "/teach/cohorts/{large}/people?page=2"),
    Scene("cohort-people-none", "trainer", "/teach/cohorts/{empty}/people"),
    Scene("cohort-people-not-found", "trainer", "/teach/cohorts/{cohort}/people?q=nobody+at+all"),
    Scene("cohort-people-closed", "trainer", "/teach/cohorts/{over}/people"),
    Scene("cohort-people-archived", "trainer", "/teach/cohorts/{archived}/people"),
    Scene("cohort-invited", "trainer", "/teach/cohorts/{large}/people?show=invited"),
    Scene("cohort-invited-none", "trainer", "/teach/cohorts/{empty}/people?show=invited"),
    Scene("member", "trainer", "/teach/cohorts/{cohort}/members/{failing}"),
    Scene("member-link", "trainer", "/teach/cohorts/{cohort}/members/{failing}", create_password_link),
    Scene("cohort-removed", "trainer", "/teach/cohorts/{large}/people?show=removed"),
    Scene("cohort-removed-none", "trainer", "/teach/cohorts/{empty}/people?show=removed"),
    Scene("messages", "trainer", "/teach/cohorts/{cohort}/messages"),
    Scene("messages-none", "trainer", "/teach/cohorts/{empty}/messages"),
    Scene("message-new", "trainer", "/teach/cohorts/{cohort}/messages/new?to=attention"),
    Scene("message-new-errors", "trainer", "/teach/cohorts/{cohort}/messages/new", send_empty, 422),
    Scene("message-new-nobody", "trainer", "/teach/cohorts/{empty}/messages/new"),
    Scene("notifications", "trainer", "/account/notifications"),
    Scene("give-time", "trainer", "/teach/assignments/{work}/time"),
    Scene("give-time-errors", "trainer", "/teach/assignments/{work}/time", send_empty, 422),
    Scene("reopen", "trainer", "/teach/attempts/{critical}/reopen"),
    Scene("join-screen", "trainer", "/teach/cohorts/{large}/join-screen"),
    Scene("join-screen-closed", "trainer", "/teach/cohorts/{over}/join-screen"),
    Scene("roster-new", "trainer", "/teach/cohorts/{empty}/roster"),
    Scene("roster-new-errors", "trainer", "/teach/cohorts/{empty}/roster", send_empty, 422),
    Scene("roster", "trainer", "/teach/cohorts/{empty}/roster/{roster}"),
    Scene("roster-undecided", "trainer", "/teach/cohorts/{empty}/roster/{roster}", invite, 422),
    Scene("roster-all-faulty", "trainer", "/teach/cohorts/{empty}/roster/{roster-faulty}"),
    Scene("roster-accepted", "trainer", "/teach/cohorts/{large}/people?show=invited", renew_links),
    Scene("settings", "trainer", "/teach/cohorts/{large}/settings"),
    Scene("settings-errors", "trainer", "/teach/cohorts/{empty}/settings", send_no_title, 422),
    Scene("settings-invited", "trainer", "/teach/cohorts/{large}/settings", invite_trainer),
    Scene("trainer-remove", "admin", "/teach/cohorts/{cohort}/trainers/{user-trainer}"),
    Scene("trainer-remove-own", "trainer", "/teach/cohorts/{cohort}/trainers/{user-trainer}"),
    Scene("settings-archived", "trainer", "/teach/cohorts/{archived}/settings"),
    Scene("archived-unchanged", "trainer", "/teach/cohorts/{archived}/roster", send_empty, 409),
    Scene("cohorts-unfolded", "trainer", "/teach", unfold),
    Scene("gradebook-attention", "trainer", "/teach/cohorts/{cohort}/gradebook?show=attention&sort=attention"),
    Scene("gradebook-none", "trainer", "/teach/cohorts/{cohort}/gradebook?q=nobody+at+all"),
    Scene("gradebook-many", "trainer", "/teach/cohorts/{many}/gradebook?page=2&withdrawn=1"),
    Scene("gradebook-waiting", "trainer", "/teach/cohorts/{waiting}/gradebook"),
    Scene("cohort-many", "trainer", "/teach/cohorts/{many}"),
    Scene("trainers-learner", "trainer", "/teach/cohorts/{cohort}/learners/{failing}"),
    Scene("trainers-learner-new", "trainer", "/teach/cohorts/{waiting}/learners/{newcomer}"),
    Scene("trainers-learner-removed", "trainer", "/teach/cohorts/{many}/learners/{removed}"),
    Scene("trainers-attempt", "trainer", "/teach/attempts/{critical}"),
    Scene("trainers-attempt-unfolded", "trainer", "/teach/attempts/{attempt-changed}", unfold),
    Scene("trainers-attempt-under-way", "trainer", "/teach/attempts/{test}"),
    Scene("gradebook-empty", "trainer", "/teach/cohorts/{empty}/gradebook"),
    Scene("cohort-empty", "trainer", "/teach/cohorts/{empty}"),
    Scene("cohort-nothing-assigned", "trainer", "/teach/cohorts/{over}"),
    Scene("totals", "trainer", "/teach/cohorts/{cohort}/gradebook/totals"),
    Scene("names", "trainer", "/teach/cohorts/{cohort}/gradebook/names"),
    Scene("gradebook-unfolded", "trainer", "/teach/cohorts/{cohort}/gradebook", unfold),
    Scene("bank", "trainer", "/teach/questions?critical=1", unfold),
    Scene("bank-question", "trainer", "/teach/questions/{asked}?key=1"),
    Scene("sources", "trainer", "/teach/sources"),
    Scene("source", "trainer", "/teach/sources/nice-cg75"),
    Scene("insight", "trainer", "/teach/cohorts/{cohort}/insight?assignment={sure}"),
    Scene("insight-unfolded", "trainer", "/teach/cohorts/{cohort}/insight?assignment={sure}", unfold),
    Scene("insight-unsure", "trainer", "/teach/cohorts/{cohort}/insight?assignment={mapped}&attempts=counted"),
    Scene("insight-gain", "trainer", "/teach/cohorts/{cohort}/insight/gain?assignment={gained}", unfold),
    Scene("insight-mapped", "trainer", "/teach/cohorts/{cohort}/insight/answers?assignment={mapped}", unfold),
    Scene("insight-questions", "trainer", "/teach/cohorts/{cohort}/insight/questions?assignment={sure}", unfold),
    Scene("insight-answers", "trainer", "/teach/cohorts/{cohort}/insight/answers?assignment={sure}", unfold),
    Scene("insight-recall", "trainer", "/teach/cohorts/{cohort}/insight/recall", unfold),
    Scene("insight-nothing-assigned", "trainer", "/teach/cohorts/{empty}/insight"),
    Scene("insight-nobody-yet", "trainer", "/teach/cohorts/{waiting}/insight"),
    Scene("insight-question", "trainer", "/teach/cohorts/{cohort}/insight/questions/{asked}?assignment={sure}", unfold),
    Scene("insight-question-few", "trainer", "/teach/cohorts/{cohort}/insight/questions/{asked-few}?assignment={sure}"),
    Scene("assign", "trainer", "/teach/cohorts/{cohort}/assignments/new"),
    Scene("assign-errors", "trainer", "/teach/cohorts/{cohort}/assignments/new", set_impossible_terms, 422),
    Scene("assign-unfolded", "trainer", "/teach/cohorts/{cohort}/assignments/new", unfold),
    Scene("assign-archived", "trainer", "/teach/cohorts/{archived}/assignments/new", status=409),
    Scene("assignment", "trainer", "/teach/assignments/{work}"),
    Scene("assignment-missing", "trainer", "/teach/assignments/{work}?show=missing"),
    Scene("assignment-settings", "trainer", "/teach/assignments/{work}/settings"),
    Scene("assignment-unfolded", "trainer", "/teach/assignments/{waits}/settings", unfold),
    Scene("assignment-errors", "trainer", "/teach/assignments/{work}/settings", set_impossible_terms, 422),
    Scene("assignment-changed", "trainer", "/teach/assignments/{changed}/settings", save_unseen, 409),
    Scene("assignment-withdrawn", "trainer", "/teach/assignments/{withdrawn}/settings"),
    Scene("exceptions", "trainer", "/teach/assignments/{first}/exceptions"),
    Scene("exceptions-many", "trainer", "/teach/assignments/{work}/exceptions"),
    Scene("exceptions-errors", "trainer", "/teach/assignments/{work}/exceptions", grant_nothing, 422),
    Scene("exception", "trainer", "/teach/assignments/{first}/exceptions/{lina}"),
    Scene("exception-more-time", "trainer", "/teach/assignments/{work}/exceptions/{lina}?give=time&back=cohort"),
    Scene("exception-errors", "trainer", "/teach/assignments/{first}/exceptions/{lina}", grant_less, 422),
    Scene("preview", "trainer", "/teach/assignments/{first}/preview"),
    Scene("preview-question", "trainer", "/teach/assignments/{first}/preview/1?seed=7"),
    *(
        Scene(f"preview-answer-{n}", "trainer", f"/teach/assignments/{{waits}}/preview/{n}?seed=7&key=1")
        for n in (1, 4)
    ),
    Scene("correct", "trainer", "/teach/assignments/{set}/questions/{fresh}/correct"),
    Scene("correct-held", "trainer", "/teach/assignments/{set}/questions/{corrected}/correct"),
    Scene(
        "correct-errors",
        "trainer",
        "/teach/assignments/{set}/questions/{fresh}/correct/preview?remedy=accept",
        status=422,
    ),
    Scene("correct-preview", "trainer", "/teach/assignments/{set}/questions/{fresh}/correct/preview?remedy=void"),
    Scene("correct-nobody", "trainer", "/teach/assignments/{set}/questions/{corrected}/correct/preview?remedy=credit"),
    Scene(
        "correct-reason",
        "trainer",
        "/teach/assignments/{set}/questions/{fresh}/correct/preview?remedy=void",
        send_last,
        422,
    ),
    Scene("mark", "trainer", "/teach/attempts/{critical}/{marked}/mark"),
    Scene("mark-errors", "trainer", "/teach/attempts/{critical}/{marked}/mark", set_impossible_mark, 422),
    Scene("mark-void", "trainer", "/teach/attempts/{critical}/{void}/mark"),
    Scene("mark-not-yet", "trainer", "/teach/attempts/{test}/1/mark", status=409),
    Scene("questions", "admin", "/teach/questions"),
    Scene("questions-none", "admin", "/teach/questions?q=nothing+at+all"),
    *(
        Scene(f"correct-{kind}", "admin", f"/admin/questions/{{kind-{n}}}/correct")
        for n, kind in enumerate(MARKED_BY_KEY, start=1)
    ),
    Scene("correct-everywhere", "admin", "/admin/questions/{fresh}/correct/preview?remedy=credit"),
    Scene("reports", "admin", "/teach/reports"),
    Scene("reports-set", "trainer", "/teach/reports"),
    Scene("reports-none", "idle", "/teach/reports"),
    Scene("cohorts-reported", "admin", "/teach"),
    Scene("report-read", "admin", "/teach/reports/{report}"),
    Scene("report-read-errors", "admin", "/teach/reports/{report}", send_empty, 422),
    Scene("report-answered", "admin", "/teach/reports/{report-replied}"),
    Scene("checklist", "admin", "/admin/start"),
    Scene("people", "admin", "/admin/users"),
    Scene("people-found", "admin", "/admin/users?q=okafor"),
    Scene("people-seen", "admin", "/admin/users?role=learner&state=active&order=seen"),
    Scene("people-none", "admin", "/admin/users?q=nobody+at+all"),
    Scene("person", "admin", "/admin/users/{user-learner}"),
    Scene("person-link", "admin", "/admin/users/{user-learner}", make_reset_link),
    Scene("person-deactivated", "admin", "/admin/users/{user-gone}"),
    Scene("person-last-admin", "admin", "/admin/users/{user-admin}", demote_the_last_admin, 409),
    Scene("person-erase", "admin", "/admin/users/{user-learner}/erase"),
    Scene("person-erase-errors", "admin", "/admin/users/{user-trainer}/erase", send_empty, 422),
    Scene("invitations", "admin", "/admin/invitations"),
    Scene("invitations-link", "admin", "/admin/invitations", make_invitation),
    Scene("content", "admin", "/admin/content"),
    Scene("content-check", "admin", "/admin/content/check"),
    Scene("content-edited", "admin", "/admin/content", before=pretend_edited),
    Scene("content-changes", "admin", "/admin/content/check", before=pretend_edited),
    Scene("content-changes-unfolded", "admin", "/admin/content/check", unfold, before=pretend_edited),
    Scene("health", "admin", "/admin/health"),
    Scene("audit", "admin", "/admin/audit"),
    Scene("audit-found", "admin", "/admin/audit?kind=cohort&person=a"),
    Scene("audit-none", "admin", "/admin/audit?subject=cohort:0"),
    Scene("audit-errors", "admin", "/admin/audit?since=2026-11-24&until=2026-11-23", status=422),
)
SCENES = (
    *VISITOR,
    *LESSONS,
    Scene("lesson-unanswered", "visitor", "/modules/trigger-points/lessons/knots", skip_check, 422),
    *GUEST,
    # The gradebook closes overdue attempts: whoever has one is looked at before.
    *LEARNER,
    *STAFF,
    *STUDIO,
    *MARKING,
    *COMPOSED,
)


def open_browser(browser: Browser, stage: Stage, url: str, who: str, **options: object) -> BrowserContext:
    """A browser of its own for ``who``, signed in."""
    context = browser.new_context(base_url=url, **options)  # type: ignore[arg-type]
    if who in stage.cookies:
        context.add_cookies([{"name": "palpate", "value": stage.cookies[who], "url": url}])
    return context


def build_url(scene: Scene, stage: Stage) -> str:
    return scene.path.format_map({**stage.ids, **stage.links})


def open_scene(page: Page, scene: Scene, stage: Stage) -> None:
    """Bring ``page`` to the scene."""
    if scene.before:
        scene.before(page, stage)
    page.goto(build_url(scene, stage))
    if scene.act:
        scene.act(page)
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
