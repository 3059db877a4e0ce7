"""Requests that nobody thought of, made from the document that the server gives out.

Sixty seconds here; ``make fuzz`` takes ten minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.api.operations import OPERATIONS
from socialclaw_app.sandbox import SandboxThread

from . import drivers
from .conftest import Client
from .servers import another
from .test_contract import routes

SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
LEFT_OUT = {
    # The document is stricter and looser than the server on purpose. Looser: a schema cannot say that a handle must be
    # connected, a file be there or a text fit its network, so much valid data is refused with 422.
    "positive_data_acceptance",
    # Stricter: clients send aliases, numbers as texts and bodies without ``ok``, all of which is taken.
    "negative_data_rejection",
}
STAYING = "postId|accountId"
"""DELETE cancels a post and disconnects an account: both stay and are told about. What is deleted for good elsewhere is
not used afterwards."""
NOT_CALLED = {"signOut": "it would end the session that the others need"}


@pytest.fixture
def lively(sandbox: SandboxThread, tmp_path: Path) -> Iterator[Client]:
    """A workspace that has one of everything."""
    with another(tmp_path, sandbox, worker=True) as client:
        drivers.run(client)
        drivers.published(client)
        yield client


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 240)
def test_nothing_that_is_sent_breaks_the_server_or_its_document(lively: Client, tmp_path: Path) -> None:
    # Somebody of another workspace: the session cannot take the key away that the others need.
    cookie = drivers.browser(lively.server.workspace("Second")).cookies["socialclaw_session"]
    (tmp_path / "schemathesis.toml").write_text(known_values(lively))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
        *(
            "run",
            f"{lively.server.url}/openapi.json",
            "--max-time",
            str(SECONDS),
            "--no-color",
            "--continue-on-failure",
        ),
        *("--exclude-checks", ",".join(sorted(LEFT_OUT))),
        *("--header", f"Authorization: Bearer {lively.secret}"),
        *("--header", f"Cookie: socialclaw_session={cookie}"),
        *(part for id in not_called(lively) for part in ("--exclude-operation-id", id)),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-3_000:]
    assert "Stateful" in done.stdout


def not_called(client: Client) -> list[str]:
    served = routes(client.server.app.routes)
    return [*NOT_CALLED, *(operation.id for operation in OPERATIONS if operation.key not in served)]


def known_values(client: Client) -> str:
    """What chance does not find: the unguessable address of a file, and names."""
    _, asset, token, name = drivers.media(client).strip("/").split("/")
    media = {"assetId": asset, "deliveryToken": token, "filename": name}
    named = {
        "getMedia": media,
        "getMediaPreview": media,
        "getSchema": {"name": "Post"},
        "finishLogin": {"provider": "x"},
        "receiveDeauthorizationOfOne": {"network": drivers.member_of_the_family().id},
        "receiveDataDeletionOfOne": {"network": drivers.member_of_the_family().id},
    }
    rows = ['[[operations]]\ninclude-operation-id = "{}"\nparameters = {{ {} }}\n'.format(
        id, ", ".join(f'"path.{key}" = "{value}"' for key, value in values.items())) for id, values in named.items()]  # fmt: skip
    staying = f'[[operations]]\ninclude-path-regex = "{STAYING}"\nchecks.use_after_free.enabled = false\n'
    return "\n".join([*rows, staying])
