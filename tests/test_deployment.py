"""The files of ``deploy/`` fit the product: settings, commands, folders, and the paths that a proxy must not log."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, url_for

from app import settings
from app.settings import load_settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
SECRET = "0123456789abcdef0123456789abcdef"


def _read_unit(path: Path) -> dict[str, str]:
    """The settings of a unit; of those that are set more than once, all values in one."""
    values: dict[str, str] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE):
        values[name] = f"{values[name]} {value}" if name in values else value
    return values


def test_the_sample_settings_start_a_server(tmp_path: Path) -> None:
    """Fails when the sample names a setting that does not exist, also among those that are commented out."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    sample = re.sub(r"^# (?=[A-Z_]+=)", "", (DEPLOY / "palpate.conf").read_text(), flags=re.MULTILINE)
    file = tmp_path / "palpate.conf"
    file.write_text(sample.replace("/etc/palpate/secret", str(secret)).replace("/var/lib/palpate", str(tmp_path)))

    found = load_settings({"PALPATE_SETTINGS": str(file)})

    assert (found.secret, found.trusted_proxies, found.is_secure, found.is_sqlite) == (SECRET, 1, True, False)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists(path: Path, app: Flask) -> None:
    unit = _read_unit(path)
    program, command = unit["ExecStart"].split()

    assert program == "/opt/palpate/bin/palpate"
    assert command in app.cli.commands
    assert unit["Environment"] == "PALPATE_SETTINGS=/etc/palpate/palpate.conf"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_gives_only_what_is_needed(path: Path) -> None:
    """Fails when a server that was taken over could read homes, write outside its data, or gain rights."""
    unit = _read_unit(path)

    assert unit["User"] == "palpate"
    assert (unit["ProtectSystem"], unit["ProtectHome"]) == ("strict", "yes")
    assert (unit["NoNewPrivileges"], unit["CapabilityBoundingSet"]) == ("yes", "")
    assert (unit["StateDirectory"], unit["StateDirectoryMode"]) == ("palpate", "0700")
    assert unit["SystemCallFilter"] == "@system-service ~@privileged"


def test_the_timer_starts_a_unit_that_exists() -> None:
    for timer in DEPLOY.glob("*.timer"):
        parser = ConfigParser()
        parser.read(timer)
        assert timer.with_suffix(".service").exists()
        assert parser["Timer"]["Persistent"] == "yes"


def test_the_proxy_logs_no_secret_path(app: Flask) -> None:
    """Fails when a new page has a token in its path that nginx would log."""
    site = (DEPLOY / "nginx.conf").read_text()
    found = re.search(r'"~\^/\(\?<first>([\w|/]+)\)/"', site)
    assert found

    hidden = [f"/{first}/" for first in found[1].split("|")]
    secret = [f"{rule.rule}/" for rule in app.url_map.iter_rules() if {"token", "code"} & rule.arguments]

    assert secret
    assert [rule for rule in secret if not any(map(rule.startswith, hidden))] == []
    assert re.findall(r"access_log (?!off)(.*);", site) == ["/var/log/nginx/palpate.log palpate"]
    assert "$request " not in site
    assert "$request_uri" not in site.split("log_format", 1)[1].split(";", 1)[0]


def test_the_proxy_sets_the_headers_that_the_server_trusts() -> None:
    site = (DEPLOY / "nginx.conf").read_text()

    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id"):
        assert re.search(rf"proxy_set_header {header} \$", site)
    assert "max_fails=0" in site


def test_the_proxy_passes_the_largest_forms_on(app: Flask) -> None:
    """Fails when nginx refuses what the server accepts."""
    site = (DEPLOY / "nginx.conf").read_text()
    sizes = [int(size) * 1024 * 1024 for size in re.findall(r"client_max_body_size (\d+)m;", site)]
    upload = re.search(r"location ~ (\S+) \{[^}]*client_max_body_size", site)
    with app.test_request_context():
        path = url_for("studio.upload_library", slug="our-bank")

    assert upload
    assert re.search(upload[1], path)
    assert sizes[0] >= max(app.config["LARGEST_LIST"], app.config["LARGEST_TEXT"])
    assert sizes[1] >= app.config["LARGEST_LIBRARY"]


def test_the_image_contains_what_the_package_needs() -> None:
    """Fails when a folder is added to the package, and the image is built without it."""
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    project = (ROOT / "pyproject.toml").read_text()
    included = re.findall(r'^"([\w.]+)" = "app/bundled/', project, re.MULTILINE)

    assert {"app", "pyproject.toml", "README.md", "requirements.txt", *included} <= names
    assert all((ROOT / name).exists() for name in names)


def _read_services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_the_compose_file_starts_a_server(tmp_path: Path) -> None:
    """Fails when it names a setting that does not exist, or a secret that no container gets."""
    composed = _read_services()
    server = composed["services"]["palpate"]
    for name in composed["secrets"]:
        (tmp_path / name).write_text(SECRET)
    (tmp_path / "database_url").write_text("postgresql://palpate:password@database/palpate\n")
    given = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in server["environment"].items()}
    given |= {"PALPATE_BASE_URL": "https://learn.example.org", "HOST": "0.0.0.0", "PALPATE_DATA": str(tmp_path)}

    found = load_settings(given)

    assert (found.secret, found.threads) == (SECRET, 4)
    assert set(server["secrets"]) <= set(composed["secrets"])
    assert set(server["depends_on"]) < set(composed["services"])
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])


def test_no_secret_is_in_the_files() -> None:
    for file in DEPLOY.iterdir():
        for name in settings.SECRET_NAMES:
            for value in re.findall(rf"^\s*{name}[=:]\s*(\S+)", file.read_text(), re.MULTILINE):
                assert value == "redis://redis:6379/0"
