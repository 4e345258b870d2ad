"""The gradebook of a cohort, as a page and as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db
from app.domain.gradebook import GradebookFilter
from app.models import Cohort
from app.services.log.spreadsheet import Separator
from app.services.reporting import gradebook, gradebook_csv, gradebook_xlsx
from app.services.reporting.gradebook import (
    ATTENTION,
    GIVEN_NAME,
    NAME,
    NUMBER,
    TOTAL,
    Gradebook,
    GradebookQuery,
)
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.overdue import close_overdue_attempts
from app.web.access import trainers_only
from app.web.downloads import XLSX, attachment
from app.web.urls import parse_choice, parse_id

SHOW_LABELS = {
    GradebookFilter.ALL: _l("Everyone"),
    GradebookFilter.ATTENTION: _l("Needs attention"),
    GradebookFilter.NOT_STARTED: _l("Not started"),
    GradebookFilter.OVERDUE: _l("Overdue"),
    GradebookFilter.UNDER_WAY: _l("In progress"),
    GradebookFilter.NOT_PASSED: _l("Not passed"),
    GradebookFilter.PASSED: _l("Passed"),
    GradebookFilter.LATE: _l("Late"),
    GradebookFilter.EXCUSED: _l("Excused"),
    GradebookFilter.REMOVED: _l("Removed from the cohort"),
}
SEPARATORS = {"comma": Separator.COMMA, "semicolon": Separator.SEMICOLON, "tab": Separator.TAB}
COLUMNS_COOKIE = "gradebook_columns"
MAX_SEARCH_LENGTH = 100
MAX_HIDDEN = 200
MAX_PAGES = 10_000


@blueprint.get("/cohorts/<int:cohort_id>/gradebook")
@trainers_only
def show_gradebook(cohort_id: int) -> ResponseReturnValue:
    """Show the gradebook: learners by assignments."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    asked = parse_query(request.args, _parse_hidden(request.cookies.get(COLUMNS_COOKIE, "")))
    book, found = gradebook.get_page(db.session, cohort, asked, now())
    page = render_template(
        "teach/gradebook.html",
        cohort=cohort,
        found=found,
        book=book,
        averages=gradebook.compute_averages(book),
        asked=asked,
        shows=SHOW_LABELS,
        orders=_list_orders(book),
        shorten=shorten_middle,
        address=_GradebookAddresses(cohort, asked),
    )
    return _remember_columns(make_response(page), cohort, asked)


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.csv")
@trainers_only
def export_gradebook(cohort_id: int) -> ResponseReturnValue:
    """Stream the gradebook as CSV, with the same columns, order and filter as the page."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    book = gradebook.search(db.session, cohort, parse_query(request.args), now())
    separator = SEPARATORS.get(request.args.get("separator", ""), Separator.COMMA)
    lines = gradebook_csv.stream_lines(db.session, book, now(), separator)
    return attachment(lines, "text/csv", "gradebook.csv", title=cohort.title)


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.xlsx")
@trainers_only
def export_workbook(cohort_id: int) -> ResponseReturnValue:
    """Send the gradebook as an Excel workbook, with the same columns, order and filter as the page."""
    cohort = get_cohort_or_404(cohort_id)
    close_overdue_attempts(cohort)
    book = gradebook.search(db.session, cohort, parse_query(request.args), now())
    body = gradebook_xlsx.build_workbook(db.session, book, now())
    return attachment(body, XLSX, "gradebook.xlsx", title=cohort.title)


def parse_query(args: Mapping[str, str], remembered: frozenset[str] = frozenset()) -> GradebookQuery:
    """Parse the query string. Invalid values are ignored, so that old bookmarks keep working.

    ``remembered`` are the columns to hide if the query string does not say which.
    """
    show = args.get("show", "").replace("-", "_")  # old bookmarks have hyphens
    sort = args.get("sort", NAME)
    return GradebookQuery(
        words=args.get("q", "").strip()[:MAX_SEARCH_LENGTH],
        show=parse_choice(GradebookFilter, show) or GradebookFilter.ALL,
        only=parse_id(args.get("in", "")),
        sort=sort if parse_id(sort) or sort in (GIVEN_NAME, NUMBER, TOTAL, ATTENTION) else NAME,
        is_descending=args.get("order") == "down",
        page=min(parse_id(args.get("page", "")) or 1, MAX_PAGES),
        with_withdrawn=args.get("withdrawn") == "1",
        with_averages=args.get("averages") == "1",
        hidden=_parse_columns(args, remembered),
    )


def _parse_columns(args: Mapping[str, str], remembered: frozenset[str]) -> frozenset[str]:
    """Return the hidden columns: named by a link, or those of the form's list that are not ticked."""
    if "listed" in args:
        getlist = getattr(args, "getlist", None)
        ticked = set(getlist("column")) if getlist else {args.get("column", "")}
        return _parse_hidden(args["listed"]) - ticked
    return _parse_hidden(args["hide"]) if "hide" in args else remembered


def _parse_hidden(text: str) -> frozenset[str]:
    """Parse ids of columns joined by dots."""
    names = text.split(".", MAX_HIDDEN)[:MAX_HIDDEN]
    return frozenset(name for name in names if name in (NUMBER, TOTAL) or parse_id(name))


def _remember_columns(response: Response, cohort: Cohort, asked: GradebookQuery) -> Response:
    """Keep a choice of columns in a cookie that only this gradebook receives."""
    if request.args.keys() & {"listed", "hide"}:
        response.set_cookie(
            COLUMNS_COOKIE,
            ".".join(sorted(asked.hidden)),
            max_age=timedelta(days=365) if asked.hidden else 0,
            path=url_for("teach.show_gradebook", cohort_id=cohort.id),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def _list_orders(book: Gradebook) -> list[tuple[str, str]]:
    """List what the gradebook can be sorted by: value and label."""
    return [
        (NAME, _("Family name")),
        (GIVEN_NAME, _("Given name")),
        *([(NUMBER, _("Student number"))] if book.has_numbers else ()),
        (TOTAL, _("Total")),
        (ATTENTION, _("Needs attention")),
        *((str(book.columns[at].assignment_id), shorten_middle(book.columns[at].title)) for at in book.shown),
    ]


def shorten_middle(title: str, longest: int = 48) -> str:
    """Shorten a title in its middle, because titles often differ only at the end, as in *(before)*."""
    if len(title) <= longest:
        return title
    tail = longest // 3
    return f"{title[: longest - tail - 1].rstrip()}…{title[-tail:].lstrip()}"


class _GradebookAddresses:
    """URLs of the current gradebook view with one parameter changed."""

    def __init__(self, cohort: Cohort, asked: GradebookQuery) -> None:
        self.cohort, self.asked = cohort, asked

    def plain(self) -> str:
        """Return the URL for all learners, in the current order."""
        return self.turned(replace(self.asked, words="", show=GradebookFilter.ALL, only=None, page=1))

    def sorted(self, sort: str) -> str:
        """Return the URL for sorting by ``sort``, ascending first, or in reverse if it is already the sort key."""
        is_again = self.asked.sort == sort
        return self.turned(
            replace(self.asked, sort=sort, is_descending=is_again and not self.asked.is_descending, page=1)
        )

    def page(self, number: int) -> str:
        return self.turned(replace(self.asked, page=number))

    def averages(self) -> str:
        return self.turned(replace(self.asked, with_averages=True))

    def csv(self, separator: str) -> str:
        return self.turned(replace(self.asked, page=1), "teach.export_gradebook", separator=separator)

    def workbook(self) -> str:
        return self.turned(replace(self.asked, page=1), "teach.export_workbook")

    def turned(self, asked: GradebookQuery, endpoint: str = "teach.show_gradebook", **more: str) -> str:
        parameters: dict[str, Any] = _get_parameters(asked) | more
        return url_for(endpoint, cohort_id=self.cohort.id, **parameters)


def _get_parameters(it: GradebookQuery) -> dict[str, str]:
    """Return the query parameters that differ from the defaults."""
    said = {
        "q": it.words,
        "show": it.show.value if it.show is not GradebookFilter.ALL else "",
        "in": str(it.only) if it.only else "",
        "sort": it.sort if it.sort != NAME else "",
        "order": "down" if it.is_descending else "",
        "page": str(it.page) if it.page > 1 else "",
        "withdrawn": "1" if it.with_withdrawn else "",
        "averages": "1" if it.with_averages else "",
        "hide": ".".join(sorted(it.hidden)),
    }
    return {name: value for name, value in said.items() if value}
