"""Pointing the program at sandbox networks: settings changed, nothing else."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from backend.settings import PREFIX, SANDBOX_ADDRESS, Settings

from . import sandbox

PORT = 8766
APP = ("clientId", "clientSecret")


@contextmanager
def sandboxed(settings: Settings, *, start: bool, url: str | None) -> Generator[Settings]:
    """The settings, pointed at sandbox networks at ``url`` or started here; unchanged when neither is asked for."""
    if url:
        yield pointed_at(settings, url)
    elif start:
        with sandbox.SandboxThread(port=PORT) as running:
            yield pointed_at(settings, running.url)
    else:
        yield settings


def pointed_at(settings: Settings, url: str) -> Settings:
    environ = {**settings.environ, **sandbox.environment(url), **_apps(), SANDBOX_ADDRESS: url.rstrip("/")}
    return replace(settings, environment="sandbox", environ=environ)


def _apps() -> dict[str, str]:
    """The developer apps that the sandbox networks know."""
    found: dict[str, str] = {}
    for network in sandbox.networks().values():
        if "clientId" in network.credentials:
            found[f"{PREFIX}{network.id.upper()}_CLIENT_ID"] = network.credentials["clientId"]
            found[f"{PREFIX}{network.id.upper()}_CLIENT_SECRET"] = network.credentials["clientSecret"]
    return found


def logins(settings: Settings) -> Mapping[str, list[dict[str, Any]]]:
    """What a person would paste to connect, by network; one entry for each of several chats."""
    base = settings.sandbox_address
    pasted = {
        network_id: {name: value for name, value in sandbox.credentials(network_id, base).items() if name not in APP}
        for network_id in sandbox.networks()
    }
    return {network_id: _each(values) for network_id, values in pasted.items() if values}


def _each(credentials: Mapping[str, Any]) -> list[dict[str, Any]]:
    for name, values in credentials.items():
        if isinstance(values, list):
            return [{**credentials, name: value} for value in cast("list[Any]", values)]
    return [dict(credentials)]
