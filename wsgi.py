"""The entry points for servers: ``wsgi:gateway`` for Granian (RSGI), ``wsgi:app`` for any WSGI server."""

from __future__ import annotations

import os

from app import create_app_or_exit
from app.chores.runner import Runner
from app.server.gateway import Gateway
from app.server.scheduler import Scheduler

app = create_app_or_exit(is_server="FLASK_RUN_FROM_CLI" not in os.environ)

scheduler = Scheduler(Runner(app).run_due) if app.config["PALPATE"].chores else None
if scheduler is not None:
    app.extensions["wake_sender"] = scheduler.wake

gateway = Gateway(
    app,
    threads=app.config["PALPATE"].threads,
    max_body_bytes=app.config["MAX_CONTENT_LENGTH"],
    max_body_bytes_by_suffix={
        "/roster": app.config["LARGEST_LIST"],
        "/text": app.config["LARGEST_TEXT"],
        "/upload": app.config["LARGEST_LIBRARY"],
    },
    clock=app.extensions["clock"],
    scheduler=scheduler,
)
