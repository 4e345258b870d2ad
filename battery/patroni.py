"""Three PostgreSQL servers under Patroni with etcd, on this machine: one accepts writes, one follows synchronously."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg

from battery.postgres import NoPostgres, find_programs, prepare_options
from bench import lifeline
from bench.server import find_free_port, list_tree

NODES = 3
START_SECONDS = 180
NEEDED = (
    "the programs patroni and etcd are needed on PATH "
    "(pip install 'patroni[etcd3,psycopg3]' in an environment of its own; Debian: apt install etcd-server)"
)

_TIMES = {"ttl": 20, "loop_wait": 5, "retry_timeout": 5}
"""Seconds. A leader that died is noticed after ``ttl``; 20 is the least that Patroni allows."""


@dataclass
class Node:
    """One PostgreSQL server with the Patroni that starts it."""

    name: str
    home: Path
    port: int = field(default_factory=find_free_port)
    api: int = field(default_factory=find_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / self.name

    def configure(self, etcd: int, programs: Path) -> dict[str, Any]:
        """Return Patroni's configuration."""
        users = {"superuser": "postgres", "replication": "replicator", "rewind": "rewinder"}
        rules = ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
        return {
            "scope": "palpate",
            "name": self.name,
            "restapi": {"listen": f"127.0.0.1:{self.api}", "connect_address": f"127.0.0.1:{self.api}"},
            "etcd3": {"host": f"127.0.0.1:{etcd}"},
            "bootstrap": {
                "dcs": _TIMES | {"synchronous_mode": True, "postgresql": {"use_pg_rewind": True}},
                "initdb": [{"encoding": "UTF8"}, {"auth": "trust"}, "data-checksums"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}",
                "connect_address": f"127.0.0.1:{self.port}",
                "data_dir": str(self.data),
                "bin_dir": str(programs),
                "pgpass": str(self.home / f"{self.name}.pgpass"),
                "authentication": {
                    kind: {"username": user, "password": "palpate-battery"} for kind, user in users.items()
                },
                "parameters": {"unix_socket_directories": str(self.home), "shared_buffers": "32MB"},
                "pg_hba": rules,
            },
        }

    def kill(self) -> None:
        """Kill Patroni and PostgreSQL with all their processes at once, as if the machine had failed."""
        assert self.process is not None
        server = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        for pid in [*list_tree(self.process.pid), *list_tree(server)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        lifeline.release(self.process)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(START_SECONDS)
            lifeline.release(self.process)


@dataclass
class Cluster:
    home: Path
    nodes: list[Node]
    options: dict[str, Any]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://palpate@{hosts}/palpate?target_session_attrs=read-write"

    def start(self, node: Node) -> None:
        """Start Patroni. It starts PostgreSQL, or creates it as a copy of the leader."""
        with (self.home / f"{node.name}.log").open("ab") as log:
            node.process = lifeline.popen(
                ["patroni", str(self.home / f"{node.name}.json")],
                end_with=signal.SIGTERM,
                folder=self.home,
                stdout=log,
                stderr=log,
                **self.options,
            )

    def create_database(self) -> None:
        leader = self.await_healthy()
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{leader.port}/postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE palpate LOGIN")
            connection.execute("CREATE DATABASE palpate OWNER palpate")

    def await_healthy(self) -> Node:
        """Wait until all nodes run and one follows the leader synchronously; return the leader.

        :raise NoPostgres: that did not happen in time.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            members = self._list_members()
            roles = [member["role"] for member in members if member["state"] in ("running", "streaming")]
            if len(roles) == len(self.nodes) and "leader" in roles and "sync_standby" in roles:
                leader = next(member["name"] for member in members if member["role"] == "leader")
                return next(node for node in self.nodes if node.name == leader)
            time.sleep(0.2)
        logs = "\n".join((self.home / f"{node.name}.log").read_text(errors="replace")[-800:] for node in self.nodes)
        raise NoPostgres(f"the cluster is not healthy: {self._list_members()}\n{logs}")

    def _list_members(self) -> list[dict[str, Any]]:
        for node in self.nodes:
            try:
                with urlopen(f"http://127.0.0.1:{node.api}/cluster", timeout=5) as reply:
                    members: list[dict[str, Any]] = json.load(reply)["members"]
                    return members
            except HTTPError as refusal:
                refusal.close()
            except (OSError, ValueError, KeyError):
                pass
        return []


@contextmanager
def run_cluster() -> Iterator[Cluster]:
    """Run etcd and three nodes in a temporary folder, with an empty database for the role ``palpate``.

    :raise NoPostgres: a program is missing, or a server did not start.
    """
    programs = find_programs()
    if programs is None or not shutil.which("patroni") or not shutil.which("etcd"):
        raise NoPostgres(NEEDED)
    home = Path(tempfile.mkdtemp(prefix="palpate-patroni-"))
    home.chmod(0o755)
    cluster = Cluster(
        home,
        [Node(f"node{number}", home) for number in range(1, NODES + 1)],
        prepare_options(home),
    )
    etcd, port = _start_etcd(cluster)
    try:
        for node in cluster.nodes:
            (home / f"{node.name}.json").write_text(json.dumps(node.configure(port, programs)))
            cluster.start(node)
        cluster.create_database()
        yield cluster
    finally:
        for node in cluster.nodes:
            node.stop()
        etcd.terminate()
        etcd.wait(20)
        lifeline.release(etcd)
        shutil.rmtree(home)


def _start_etcd(cluster: Cluster) -> tuple[subprocess.Popen[bytes], int]:
    """Start etcd; return it and its port."""
    port, peers = find_free_port(), f"http://127.0.0.1:{find_free_port()}"
    clients = f"http://127.0.0.1:{port}"
    command = ["etcd", "--name", "etcd", "--data-dir", str(cluster.home / "etcd")]
    command += ["--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers]
    command += ["--initial-advertise-peer-urls", peers, "--initial-cluster", f"etcd={peers}"]
    with (cluster.home / "etcd.log").open("ab") as log:
        process = lifeline.popen(
            command, end_with=signal.SIGTERM, folder=cluster.home, stdout=log, stderr=log, **cluster.options
        )
    return process, port
