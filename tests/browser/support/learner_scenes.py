"""The pages of visitors, guests and learners, in that order."""

from __future__ import annotations

from tests.browser.support.page_acts import (
    answer_what_was_handed_in,
    ask_for_reset,
    check_unfinished,
    decide_nothing,
    enter_unknown_code,
    let_time_run_out,
    open_menu,
    open_note,
    pretend_stale,
    send_empty,
    send_without_token,
    sign_in_too_often,
    sign_in_wrongly,
    start_the_closed,
    take_first_step,
    unfold,
)
from tests.browser.support.scene import Scene
from tests.support.question_kinds import MARKED_BY_KEY
from tests.support.steady_course import load_steady_course

VISITOR = (
    Scene("course-visitor", "visitor", "/"),
    Scene("module-visitor", "visitor", "/modules/safety"),
    Scene("test-start-visitor", "visitor", "/modules/safety/test"),
    Scene("progress-empty", "visitor", "/progress"),
    Scene("body-map", "visitor", "/body-map"),
    Scene("body-map-muscle", "visitor", "/body-map?muscle=upper-trapezius"),
    Scene("body-map-place", "visitor", "/body-map?place=shoulder-front"),
    Scene("body-map-places", "visitor", "/body-map?place=back-lower&place=back-iliac-crest"),
    Scene("red-flags", "visitor", "/red-flags"),
    Scene("leaflets", "visitor", "/leaflets"),
    Scene("leaflet", "visitor", "/leaflets/after-needling"),
    Scene("leaflet-consent", "visitor", "/leaflets/dry-needling-consent"),
    Scene("leaflet-card", "visitor", "/leaflets/cauda-equina-card"),
    Scene("bibliography", "visitor", "/bibliography"),
    Scene("bibliography-search", "visitor", "/bibliography?q=needling&type=trial"),
    Scene("bibliography-none", "visitor", "/bibliography?q=zebra"),
    Scene("about-course", "visitor", "/about-course"),
    Scene("glossary", "visitor", "/glossary"),
    Scene("glossary-search", "visitor", "/glossary?q=pain"),
    Scene("glossary-none", "visitor", "/glossary?q=zebra"),
    Scene("login", "visitor", "/login"),
    Scene("login-wrong", "visitor", "/login", sign_in_wrongly),
    Scene("login-throttled", "visitor", "/login", sign_in_too_often, 429),
    Scene("register", "visitor", "/register"),
    Scene("register-errors", "visitor", "/register", send_empty),
    Scene("forgot", "visitor", "/reset"),
    Scene("forgot-sent", "visitor", "/reset", ask_for_reset),
    Scene("reset", "visitor", "{reset}"),
    Scene("reset-errors", "visitor", "{reset}", send_empty),
    Scene("reset-damaged", "visitor", "/reset/damaged"),
    Scene("join-code", "visitor", "/join"),
    Scene("join-code-errors", "visitor", "/join", send_empty, 422),
    Scene("join-code-unknown", "visitor", "/join", enter_unknown_code, 404),
    Scene("join", "visitor", "{join}"),
    Scene("join-over", "visitor", "{join-over}", status=410),
    Scene("join-archived", "visitor", "{join-archived}", status=410),
    Scene("invitation-to-join", "visitor", "{invitation-to-join}"),
    Scene("invitation", "visitor", "{invitation}"),
    Scene("invitation-errors", "visitor", "{invitation}", send_empty, 422),
    Scene("invitation-over", "visitor", "{invitation-over}", status=410),
    Scene("error-400", "visitor", "/register", send_without_token, 400),
    Scene("unsubscribe", "visitor", "{unsubscribe}"),
    Scene("error-404", "visitor", "/modules/nowhere", status=404),
    Scene("error-405", "visitor", "/appearance", status=405),
)
GUEST = (
    Scene("course-guest", "guest", "/"),
    Scene("lesson-answered", "guest", "/modules/trigger-points/lessons/knots"),
    Scene("practice", "guest", "/attempts/{practice}/3"),
    Scene("practice-right", "guest", "/attempts/{practice}/1"),
    Scene("practice-wrong", "guest", "/attempts/{practice}/2"),
    Scene("practice-summary", "guest", "/attempts/{practice}/summary"),
    Scene("practice-result", "guest", "/attempts/{done-practice}/result"),
    Scene("progress-guest", "guest", "/progress"),
    Scene("refused", "guest", "/attempts/{done-practice}/result", answer_what_was_handed_in, 409),
    *(
        Scene(f"kind-{kind}", "kinds", f"/attempts/{{kinds}}/{n}")
        for n, kind in enumerate(MARKED_BY_KEY, start=1)
        if n > 3
    ),
    *(
        Scene(f"kind-{kind}-checked", "kinds-checked", f"/attempts/{{kinds-checked}}/{n}")
        for n, kind in enumerate(MARKED_BY_KEY, start=1)
        if n > 3
    ),
    *(
        Scene(f"kind-{kind}-sure", "kinds-test", f"/attempts/{{kinds-test}}/{n}")
        for n, kind in enumerate(MARKED_BY_KEY, start=1)
        if n > 5
    ),
    Scene("report", "kinds", "/attempts/{kinds}/7/report"),
    Scene("report-errors", "kinds", "/attempts/{kinds}/7/report", send_empty, 422),
    Scene("report-replied", "kinds-done", "/attempts/{kinds-done}/4/report"),
    Scene("kind-unfinished", "kinds", "/attempts/{kinds}/4", check_unfinished, 422),
    Scene("kind-case-step", "kinds", f"/attempts/{{kinds}}/{len(MARKED_BY_KEY)}", take_first_step),
    Scene("kind-case-undecided", "kinds", f"/attempts/{{kinds}}/{len(MARKED_BY_KEY)}", decide_nothing, 422),
    Scene("kind-result", "kinds-done", "/attempts/{kinds-done}/result", unfold),
    Scene("guest-left-behind", "returning", "/"),
)
LEARNER = (
    Scene("course-new", "new", "/"),
    Scene("set", "new", "/assignments/{first}"),
    Scene("set-later", "new", "/assignments/{later}"),
    Scene("set-waiting", "new", "/assignments/{waits}"),
    Scene("set-reading", "new", "/assignments/{reading}"),
    Scene("set-refused", "new", "/assignments/{waits}", start_the_closed, 409),
    Scene("course", "learner", "/"),
    Scene("course-menu", "learner", "/", open_menu),
    Scene("messages-received", "learner", "/messages"),
    Scene("module", "learner", "/modules/trigger-points"),
    Scene("module-under-way", "learner", "/modules/treatment"),
    Scene("test-start", "learner", "/modules/treatment/test"),
    Scene("lesson-resumed", "learner", "/modules/treatment/lessons/causes-and-needles"),
    Scene("lesson-note", "learner", "/modules/treatment/lessons/hands-and-tools", open_note),
    Scene("test", "learner", "/attempts/{test}/1"),
    Scene("test-unanswered", "learner", "/attempts/{test}/6"),
    Scene("test-timed", "learner", "/attempts/{timed}/2"),
    Scene("test-several", "learner", "/attempts/{timed}/{several}"),
    Scene("test-summary", "learner", "/attempts/{timed}/summary"),
    Scene("conflict", "learner", "/attempts/{test}/2", pretend_stale, 409),
    Scene("closing", "learner", "/attempts/{closing}/result", before=let_time_run_out),
    Scene("result-passed", "learner", "/attempts/{passed}/result"),
    Scene("result-not-passed", "learner", "/attempts/{not-passed}/result"),
    Scene("result-critical", "learner", "/attempts/{critical}/result"),
    Scene("result-corrected", "learner", "/attempts/{critical}/result", unfold),
    Scene("result-unreleased", "learner", "/attempts/{unreleased}/result"),
    Scene("result-unfolded", "learner", "/attempts/{passed}/result", unfold),
    Scene("progress", "learner", "/progress"),
    Scene("progress-unfolded", "learner", "/progress", unfold),
    Scene("account", "learner", "/account"),
    Scene("email", "learner", "/account/email"),
    Scene("email-errors", "learner", "/account/email", send_empty, 422),
    Scene("email-unconfirmed", "unconfirmed", "/account"),
    Scene("email-changing", "changing", "/account"),
    Scene("email-confirm", "changing", "{confirm}"),
    Scene("email-confirm-over", "learner", "/account/email/confirm/none", None, 410),
    Scene("sign-ins", "trainer", "/account/sign-ins"),
    Scene("sign-ins-alone", "learner", "/account/sign-ins"),
    Scene("sign-ins-end", "trainer", "/account/sign-ins?end=others"),
    Scene("sign-ins-errors", "trainer", "/account/sign-ins?end=others", send_empty, 422),
    Scene("account-delete", "learner", "/account/delete"),
    Scene("account-delete-errors", "learner", "/account/delete", send_empty, 422),
    Scene("password", "learner", "/change"),
    Scene("password-errors", "learner", "/change", send_empty),
    Scene("join-signed-in", "learner", "{join}"),
    Scene("invitation-signed-in", "learner", "{invitation}"),
    Scene("invitation-to-join-signed-in", "learner", "{invitation-to-join}"),
    Scene("invitation-to-teach-signed-in", "trainer", "{invitation-to-teach}"),
    Scene("error-403", "learner", "/admin/users", status=403),
)
LESSONS = tuple(
    Scene(f"lesson-{lesson.id}", "visitor", f"/modules/{module.id}/lessons/{lesson.id}")
    for module in load_steady_course().modules
    for lesson in module.lessons
)
