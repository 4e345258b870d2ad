"""What servers import: Granian ``wsgi:gateway``, any WSGI server ``wsgi:app``."""

from __future__ import annotations

import sys

from app import create_app
from app.gateway import Gateway
from app.settings import SettingError

try:
    app = create_app()
except SettingError as error:
    print(f"palpate: {error}", file=sys.stderr)
    sys.exit(2)

gateway = Gateway(
    app,
    threads=app.config["PALPATE"].threads,
    largest_body=app.config["MAX_CONTENT_LENGTH"],
    roomier={"/roster": app.config["LARGEST_LIST"]},
)
