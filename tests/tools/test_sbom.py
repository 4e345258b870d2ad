"""The bill of materials names everything that is delivered."""

from __future__ import annotations

import json

from tests.conftest import ROOT
from tools import sbom


def test_it_lists_each_pinned_library_with_its_hashes() -> None:
    pinned = {
        line.split("==")[0].split("[")[0]
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line
    }
    libraries = {one["name"]: one for one in sbom.build()["components"] if one.get("purl")}

    assert set(libraries) == pinned
    assert all(one["externalReferences"] for one in libraries.values())
    assert libraries["flask"]["purl"] == f"pkg:pypi/flask@{libraries['flask']['version']}"


def test_it_lists_vendored_scripts_and_fonts() -> None:
    files = {one["bom-ref"] for one in sbom.build()["components"]}
    delivered = {
        path.relative_to(ROOT).as_posix()
        for folder in sbom.VENDORED
        for path in (ROOT / folder).iterdir()
        if path.suffix != ".txt"
    }

    assert delivered <= files
    assert {"htmx", "sortable"} <= {one["name"] for one in sbom.build()["components"]}


def test_it_is_json_and_the_same_each_time() -> None:
    assert json.dumps(sbom.build()) == json.dumps(sbom.build())
