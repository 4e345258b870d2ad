"""Settings from a file, and secrets from files of their own, as systemd and containers hand them over.

Each function raises ValueError with a message that names the setting and repeats no secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def read_setting_file(name: str, path: str, known: Collection[str]) -> dict[str, str]:
    """Read lines like ``PORT=8000``. Blank lines and lines that begin with ``#`` are ignored, as are outer quotes."""
    values: dict[str, str] = {}
    for number, line in enumerate(_read(name, path).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.fullmatch(text)
        if not found:
            raise ValueError(f"{name}={path}, line {number}: write NAME=value.")
        key, value = found.groups()
        if key not in known:
            raise ValueError(f"{name}={path}, line {number}: {key} is an unknown setting.")
        if key in values:
            raise ValueError(f"{name}={path}, line {number}: {key} is set twice.")
        values[key] = value[1:-1] if re.fullmatch(r"'.*'|\".*\"", value) else value
    return values


def read_secret_files(env: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return ``env`` with the content of the file for each of ``names`` whose file is given as ``<name>_FILE``."""
    values = dict(env)
    for name in names:
        path = values.pop(f"{name}_FILE", "")
        if not path:
            continue
        if values.get(name):
            raise ValueError(f"{name} and {name}_FILE are both set. Give one of them.")
        values[name] = _read(f"{name}_FILE", path).strip()
        if not values[name]:
            raise ValueError(f"{name}_FILE={path} is empty.")
    return values


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{name}={path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}={path} is not UTF-8 text.") from None
