"""How much more the front page and the progress page cost a learner with 1,200 attempts than one with ten."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from app import create_app
from app.db import db
from app.models import Learner, User
from app.services.people import sign_ins
from app.web.identity import hash_token
from bench.browser import Browser
from bench.filled import prepare_database
from bench.people import session_cookie
from bench.ratios import count_cpu_per_request, repeat_request
from bench.reports import Limit
from bench.school import CohortPlan, School
from bench.server import Server

GROWTH_MUST = 1.5
PAGES = ("/", "/progress")

FEW = CohortPlan("Ten attempts", 0, 1, ((1, 10),) * 10)
MANY = CohortPlan("1,200 attempts", 1, 1, ((120, 10),) * 10)


def run_history(rounds: int) -> list[Limit]:
    """Measure both learners in turn, each with ten assignments. The first round warms up and does not count."""
    with tempfile.TemporaryDirectory(prefix="palpate-history-") as folder:
        server = Server(Path(folder) / "data", {"PALPATE_WORKERS": "1"})
        prepare_database(server)
        cookies = _fill(server)
        server.start()
        try:
            costs = asyncio.run(_measure(server, cookies, rounds))
        finally:
            server.stop()
    return [
        Limit(f"{path} with 1,200 attempts, times the CPU time with ten", median(ratios), GROWTH_MUST)
        for path, ratios in costs.items()
    ]


def _fill(server: Server) -> tuple[str, str]:
    """Add both learners; return the cookies of the one with few attempts and of the one with many."""
    app = create_app(server.settings)
    with app.app_context():
        school = School(db.session)
        school.people()
        school.fill(FEW, MANY)
        school.commit()
        cookies = []
        for plan in (FEW, MANY):
            number = plan.first_learner + 2
            user, learner = db.session.get_one(User, number), db.session.get_one(Learner, number)
            token = f"history-{number}"
            sign_ins.start(db.session, hash_token(token), learner, user, datetime.now(UTC))
            cookies.append(session_cookie(app, user, token))
        db.session.commit()
        db.session.close()
        db.engine.dispose()
    few, many = cookies
    return few, many


async def _measure(server: Server, cookies: tuple[str, str], rounds: int) -> dict[str, list[float]]:
    """Return the ratio of the two learners' CPU time in each round, by page."""
    few, many = (Browser(server.port, cookie) for cookie in cookies)
    ratios: dict[str, list[float]] = {path: [] for path in PAGES}
    for number in range(rounds + 1):
        for path in PAGES:
            first = await count_cpu_per_request(server, repeat_request(few, path))
            second = await count_cpu_per_request(server, repeat_request(many, path))
            if number:
                ratios[path].append(second / first)
    for browser in (few, many):
        await browser.close()
    return ratios
