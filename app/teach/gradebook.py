"""The gradebook of a cohort, and what is saved of it as a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app.access import trainers_only
from app.clock import now
from app.db import begin_immediate, begin_plain, db
from app.domain.gradebook import Show
from app.models import Cohort
from app.services.marking import submission
from app.services.teaching import gradebook, gradebook_file
from app.services.teaching.gradebook import ATTENTION, NAME, Asked
from app.teach import blueprint
from app.teach.cohorts import found_cohort

SHOWS = {
    Show.ALL: "Everyone",
    Show.ATTENTION: "Who needs attention",
    Show.NOT_STARTED: "Not started",
    Show.OVERDUE: "Overdue",
    Show.UNDER_WAY: "Under way",
    Show.NOT_PASSED: "Not passed",
    Show.PASSED: "Passed",
    Show.LATE: "Late",
    Show.EXCUSED: "Excused",
    Show.REMOVED: "Removed from the cohort",
}
LONGEST_WORDS = 100
MOST_PAGES = 10_000


@blueprint.get("/cohorts/<int:cohort_id>/gradebook", endpoint="gradebook")
@trainers_only
def show_gradebook(cohort_id: int) -> ResponseReturnValue:
    """Learners and assignments."""
    cohort = found_cohort(cohort_id)
    settle_overdue()
    found = gradebook.page(db.session, cohort, asked(request.args), now())
    return render_template(
        "teach/gradebook.html",
        cohort=cohort,
        found=found,
        book=found.book,
        asked=found.book.asked,
        shows=SHOWS,
        address=_Addresses(cohort, found.book.asked),
    )


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.csv", endpoint="gradebook_csv")
@trainers_only
def export_gradebook(cohort_id: int) -> ResponseReturnValue:
    """The gradebook as CSV for spreadsheets, in the order and with the filter of the page; sent while it is read."""
    cohort = found_cohort(cohort_id)
    settle_overdue()
    book = gradebook.find(db.session, cohort, asked(request.args), now())
    lines = (line.encode() for line in gradebook_file.lines(db.session, book, now()))
    # The headers say UTF-8, the byte order mark says it again for Excel.
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(cohort.title, "gradebook")}.csv"'
    return response


def settle_overdue() -> None:
    """Write the marks of attempts whose time is up, before a report reads marks: the one write that a GET may make."""
    while submission.has_expired(db.session, now()):
        begin_immediate()
        closed = submission.close_expired(db.session, now())
        db.session.commit()
        begin_plain()
        if not closed:
            return  # somebody else is closing the rest at this moment


def asked(args: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out rather than refused, so that an old bookmark still shows something."""
    show = args.get("show", "")
    sort = args.get("sort", NAME)
    return Asked(
        words=args.get("q", "").strip()[:LONGEST_WORDS],
        show=Show(show) if show in list(Show) else Show.ALL,
        only=_number(args.get("in", "")),
        sort=(sort if _number(sort) or sort == ATTENTION else NAME),
        is_descending=args.get("order") == "down",
        page=min(_number(args.get("page", "")) or 1, MOST_PAGES),
        with_withdrawn=args.get("withdrawn") == "1",
    )


class _Addresses:
    """Addresses of the gradebook as it is asked for, with something changed."""

    def __init__(self, cohort: Cohort, asked: Asked) -> None:
        self.cohort, self.asked = cohort, asked

    def plain(self) -> str:
        """Everyone, sorted as before."""
        return self.turned(replace(self.asked, words="", show=Show.ALL, only=None, page=1))

    def sorted(self, sort: str) -> str:
        """Sorted by that, or, where it is so already, the other way round; from the first page. Scores begin with the lowest."""
        is_again = self.asked.sort == sort
        return self.turned(
            replace(self.asked, sort=sort, is_descending=is_again and not self.asked.is_descending, page=1)
        )

    def page(self, number: int) -> str:
        return self.turned(replace(self.asked, page=number))

    def file(self) -> str:
        return self.turned(replace(self.asked, page=1), "teach.gradebook_csv")

    def turned(self, asked: Asked, endpoint: str = "teach.gradebook") -> str:
        parameters: dict[str, Any] = _parameters(asked)
        return url_for(endpoint, cohort_id=self.cohort.id, **parameters)


def _parameters(it: Asked) -> dict[str, str]:
    """What of it differs from the plain page."""
    said = {
        "q": it.words,
        "show": it.show.value if it.show is not Show.ALL else "",
        "in": str(it.only) if it.only else "",
        "sort": it.sort if it.sort != NAME else "",
        "order": "down" if it.is_descending else "",
        "page": str(it.page) if it.page > 1 else "",
        "withdrawn": "1" if it.with_withdrawn else "",
    }
    return {name: value for name, value in said.items() if value}


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < len(digits) <= 15 and int(digits) else None


def file_name(title: str, otherwise: str) -> str:
    """A title in plain letters, as the name of a file to save; ``otherwise`` where none of its letters are."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())[:60] or otherwise
