"""What a WSGI server imports: ``wsgi:app``."""

from __future__ import annotations

import sys

from app import create_app
from app.settings import SettingError

try:
    app = create_app()
except SettingError as error:
    print(f"palpate: {error}", file=sys.stderr)
    sys.exit(2)
