"""Export of what is stored about a person."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.support.factory import Person


def read_files(reply: Any) -> dict[str, str]:
    assert (reply.status_code, reply.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(reply.data)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def export_person(admin: Person, person: Person) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        read_files(admin.client.post(f"/admin/users/{person.user.id}/export"))["everything.json"]
    )
    return document
