"""The command line as operators and their scripts use it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import pytest

from socialclaw_app.cli import main
from tests.servers import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOCIALCLAW_")]:
        monkeypatch.delenv(name)


def run(folder: Path, *arguments: str, given: str = "") -> Done:
    """What a process of its own would print and end with, without the second that starting one takes."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", StringIO(given))
        try:
            code = main([*arguments, "--data-dir", str(folder)])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def process(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "socialclaw_app", *arguments, "--data-dir", str(folder)]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


def told(folder: Path, *arguments: str, given: str = "") -> dict[str, Any]:
    """The one JSON object on standard output of a command that went well."""
    done = run(folder, *arguments, "--json", given=given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_records_are_made_and_listed_for_scripts(tmp_path: Path) -> None:
    workspace = told(tmp_path, "workspaces", "create", "Studio")
    user = told(tmp_path, "users", "create", "--email", "a@example.com", "--password-stdin", given="long enough\n")
    key = told(tmp_path, "keys", "create", "--label", "robot")
    assert user["workspaceId"] == workspace["id"]
    assert key["secret"].startswith(key["prefix"])
    listed = told(tmp_path, "keys", "list")["keys"]
    assert [(row["id"], row["label"], row["secret"]) for row in listed] == [(key["id"], "robot", None)]
    assert told(tmp_path, "keys", "revoke", key["id"])["key"]["revokedAt"]


def test_a_process_of_its_own_speaks_and_ends_in_the_same_way(tmp_path: Path) -> None:
    made = process(tmp_path, "workspaces", "create", "Studio", "--json")
    assert made.returncode == 0, made.stderr
    added = ["users", "create", "--email", "a@example.com", "--password-stdin", "--json"]
    user = process(tmp_path, *added, given="long enough\n")
    assert json.loads(user.stdout)["workspaceId"] == json.loads(made.stdout)["id"]
    for wrong, code in (["restore", str(tmp_path / "nothing.tar.gz")], 1), (["dance"], 2):
        refused = process(tmp_path, *wrong)
        assert (refused.returncode, refused.stdout) == (code, "")
        assert "Traceback" not in refused.stderr


def test_several_workspaces_have_to_be_told_apart(tmp_path: Path) -> None:
    first = told(tmp_path, "workspaces", "create", "One")
    told(tmp_path, "workspaces", "create", "Two")
    refused = run(tmp_path, "keys", "create", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert first["id"] in refused.stderr
    assert told(tmp_path, "keys", "create", "--workspace", first["id"])["id"]


def test_a_failure_is_one_sentence_and_exit_code_one(tmp_path: Path) -> None:
    refused = run(tmp_path, "restore", str(tmp_path / "nothing.tar.gz"))
    assert refused.returncode == 1
    assert "There is no file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_usage_is_exit_code_two(tmp_path: Path) -> None:
    assert run(tmp_path, "dance").returncode == 2


def test_a_backup_is_restored_elsewhere_with_its_keys(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "all.tar.gz"
    told(here, "workspaces", "create", "Studio")
    assert run(here, "backup", str(file)).returncode == 0
    assert file.stat().st_mode & 0o077 == 0
    assert run(here, "backup", str(file)).returncode == 1, "an older backup is not overwritten"
    assert run(there, "restore", str(file)).returncode == 0
    assert [row["name"] for row in told(there, "workspaces", "list")["workspaces"]] == ["Studio"]
    assert run(there, "restore", str(file)).returncode == 1, "a folder in use is not overwritten"


def test_doctor_and_pause_say_how_things_are(tmp_path: Path) -> None:
    assert told(tmp_path, "doctor")["ok"] is True
    assert run(tmp_path, "pause").returncode == 0
    sick = run(tmp_path, "doctor", "--json")
    assert sick.returncode == 1
    assert [row["what"] for row in json.loads(sick.stdout)["findings"] if not row["ok"]] == ["publishing"]
    assert run(tmp_path, "resume").returncode == 0
    assert told(tmp_path, "doctor")["ok"] is True


def test_a_server_prints_its_setup_link_once_and_stops_in_good_order(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "socialclaw_app", "serve", "--port", str(port), "--data-dir", str(tmp_path)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        link = server.stderr.readline().split()[-1]
        assert link.startswith(f"{url}/setup?token=")
        deadline = time.monotonic() + 60
        while not _ready(url):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        body = {"token": link.partition("=")[2], "email": "a@example.com", "password": "long enough"}
        assert httpx2.post(f"{url}/auth/setup", json=body).status_code == 201
        assert httpx2.post(f"{url}/auth/setup", json=body).status_code in (409, 410)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("command", ["serve", "demo", "sandbox"])
def test_a_port_that_is_in_use_is_told_before_anything_is_begun(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run(folder, command, "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} is in use" in refused.stderr
    assert "--port" in refused.stderr
    assert not folder.exists()


@pytest.mark.parametrize(
    ("wrong", "told"), [(["--port", "99999"], "no port"), (["--host", "192.0.2.1"], "Cannot listen on 192.0.2.1")]
)
def test_an_address_that_cannot_be_listened_on_is_one_sentence(tmp_path: Path, wrong: list[str], told: str) -> None:
    refused = run(tmp_path, "serve", *wrong)
    assert refused.returncode == 1
    assert told in refused.stderr


def _ready(url: str) -> bool:
    try:
        return bool(httpx2.get(f"{url}/health").json()["ready"])
    except httpx2.TransportError:
        return False
