"""The ``socialclaw`` command. ``--json`` prints one object on standard output; logs go to standard error.

Exit codes: 0 done, 2 wrong usage, 1 anything else, with one sentence that says what to do.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backend import backups, keys, users, workspaces
from backend.access import Actor, Role
from backend.context import utc_now
from backend.errors import AppError
from backend.migrate import upgrade
from backend.sealing import KeyUnavailable
from backend.settings import Settings, SettingsError, load
from backend.worker import WorkerThreads

from . import demo, desktop, doctor, sandbox
from .app import create_app
from .parts import configure_logging, open_parts
from .sandboxed import sandboxed
from .serving import require_port, serve, with_address

log = logging.getLogger(__name__)

DEFAULT_PORT = 8765
SANDBOX_PORT = 8766

Command = Callable[[argparse.Namespace, Settings], None]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = load(os.environ, data_dir=options.data_dir)
        configure_logging(settings.log_level)
        command: Command = options.command
        command(options, settings)
    except (SettingsError, KeyUnavailable, AppError, OSError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, AppError) and error.code == "workspace_ambiguous" else 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-dir", type=Path, help="the folder that holds everything")
    parser = argparse.ArgumentParser(prog="socialclaw", description="Publish to social networks from your own machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help: str, command: Command) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help, parents=[common])
        sub.set_defaults(command=command)
        return sub

    one = add("serve", "the web app, the API and the worker", _serve)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=DEFAULT_PORT)
    one.add_argument("--no-worker", action="store_true", help="another process publishes")
    one.add_argument("--sandbox", action="store_true", help="publish to copies of the networks, started here")
    one.add_argument("--sandbox-url", help="publish to copies of the networks that run at this address")
    one = add("demo", "everything with sandbox networks and a sample workspace: no credentials needed", _demo)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=DEFAULT_PORT)
    one = add("worker", "a worker alone", _worker)
    one.add_argument("--concurrency", type=int, help="how many posts at the same time")
    one = add("desktop", "the app in a window of its own", _desktop)
    one.add_argument("--sandbox", action="store_true", help="publish to copies of the networks, started here")
    one = add("sandbox", "copies of the networks, alone", _sandbox)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=SANDBOX_PORT)
    add("migrate", "bring the database to this version", _migrate)
    add("doctor", "check every part and say what to mend", _doctor).add_argument("--json", action="store_true")
    add("backup", "a copy of database and media in one file", _backup).add_argument("file", type=Path)
    add("restore", "put a copy back into an empty data folder", _restore).add_argument("file", type=Path)
    add("pause", "nothing is published until resume", _pause)
    add("resume", "publishing goes on", _resume)
    _add_records(add)
    return parser


def _add_records(add: Callable[[str, str, Command], argparse.ArgumentParser]) -> None:
    def created(group: str, name: str, command: Command) -> argparse.ArgumentParser:
        sub = groups[group].add_parser(name, parents=[shared])
        sub.set_defaults(command=command)
        return sub

    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data-dir", type=Path, default=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true", help="one JSON object on standard output")
    groups = {
        name: add(name, help, _nothing).add_subparsers(required=True, metavar="ACTION")
        for name, help in (
            ("workspaces", "workspaces of this instance"),
            ("users", "people who may sign in"),
            ("keys", "API keys"),
        )
    }
    one = created("workspaces", "create", _create_workspace)
    one.add_argument("name")
    one.add_argument("--plan", default=workspaces.SELF_HOSTED)
    one.add_argument("--subscription-status", default="active")
    created("workspaces", "list", _list_workspaces)
    one = created("users", "create", _create_user)
    one.add_argument("--email", required=True)
    one.add_argument(
        "--password-stdin", action="store_true", required=True, help="the password is read from standard input"
    )
    one.add_argument("--workspace")
    one.add_argument("--role", choices=[role.value for role in Role], default=Role.OWNER.value)
    one = created("keys", "create", _create_key)
    one.add_argument("--workspace")
    one.add_argument("--label")
    one = created("keys", "list", _list_keys)
    one.add_argument("--workspace")
    one = created("keys", "revoke", _revoke_key)
    one.add_argument("key")
    one.add_argument("--workspace")


def _nothing(options: argparse.Namespace, settings: Settings) -> None:
    """A group of commands is no command."""


# --- running -----------------------------------------------------------------------------------------------------------


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    require_port(options.host, options.port)
    settings = with_address(settings, options.host, options.port)
    with (
        sandboxed(settings, start=options.sandbox, url=options.sandbox_url) as settings,
        open_parts(settings) as parts,
    ):
        link = parts.context.db.write_now(users.first_link, now=utc_now())
        if link:
            print(f"Set up your workspace here, once: {settings.public_base_url}/setup?token={link}", file=sys.stderr)
        print(f"SocialClaw runs at {settings.public_base_url}", file=sys.stderr)
        serve(create_app(parts, worker=not options.no_worker), host=options.host, port=options.port)


def _demo(options: argparse.Namespace, settings: Settings) -> None:
    require_port(options.host, options.port)
    demo.run(settings, data_dir_given=options.data_dir is not None, host=options.host, port=options.port)


def _worker(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        threads = WorkerThreads(parts.context, parts.queue, concurrency=options.concurrency)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: ended.set())
        threads.start()
        print("The worker runs.", file=sys.stderr)
        ended.wait()
        threads.stop()


def _desktop(options: argparse.Namespace, settings: Settings) -> None:
    desktop.run(settings, with_sandbox=options.sandbox)


def _sandbox(options: argparse.Namespace, settings: Settings) -> None:
    require_port(options.host, options.port)
    sandbox.serve(options.host, options.port)


# --- operating -----------------------------------------------------------------------------------------------------------


def _migrate(options: argparse.Namespace, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    upgrade(settings.resolved_database_url, settings.data_dir)
    print("The database is up to date.", file=sys.stderr)


def _doctor(options: argparse.Namespace, settings: Settings) -> None:
    findings = doctor.examine(with_address(settings, "127.0.0.1", DEFAULT_PORT))
    if options.json:
        _show({"ok": all(finding.ok for finding in findings), "findings": [finding.as_json() for finding in findings]})
    else:
        for finding in findings:
            print(f"{finding.mark} {finding.what}: {finding.sentence}")
    if not all(finding.ok for finding in findings):
        raise SettingsError("Something needs mending; see above.")


def _backup(options: argparse.Namespace, settings: Settings) -> None:
    backups.backup(settings, options.file)
    print(f"Everything is in {options.file}.", file=sys.stderr)


def _restore(options: argparse.Namespace, settings: Settings) -> None:
    backups.restore(settings, options.file)
    print(f"{options.file} is restored in {settings.data_dir}.", file=sys.stderr)


def _pause(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        parts.context.db.write_now(workspaces.hold_instance, paused=True, actor="cli", now=utc_now())
    print("Publishing is on hold. Resume with: socialclaw resume", file=sys.stderr)


def _resume(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        parts.context.db.write_now(workspaces.hold_instance, paused=False, actor="cli", now=utc_now())
    print("Publishing goes on.", file=sys.stderr)


# --- records -------------------------------------------------------------------------------------------------------------


def _create_workspace(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        row = parts.context.db.write_now(
            workspaces.create,
            name=options.name,
            plan=options.plan,
            subscription_status=options.subscription_status,
            now=utc_now(),
        )
    _tell(options, workspaces.tenant_json(row), f"Workspace {row.name} is {row.id}.")


def _list_workspaces(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        rows = parts.context.db.read_now(workspaces.all_workspaces)
    found = [workspaces.tenant_json(row) for row in rows]
    _tell(options, {"workspaces": found}, "\n".join(f"{row['id']}  {row['name']}" for row in found))


def _create_user(options: argparse.Namespace, settings: Settings) -> None:
    password = sys.stdin.readline().rstrip("\r\n")
    with open_parts(settings) as parts:
        workspace = parts.context.db.read_now(workspaces.only, options.workspace)
        row = parts.context.db.write_now(
            users.create,
            email=options.email,
            password=password,
            workspace_id=workspace.id,
            role=Role(options.role),
            verified=True,  # whoever runs the server knows whose address it is
            now=utc_now(),
        )
    _tell(
        options,
        {"id": row.id, "email": row.email, "workspaceId": workspace.id, "role": options.role},
        f"{row.email} may sign in now.",
    )


def _create_key(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        actor = _actor(parts.context.db.read_now(workspaces.only, options.workspace).id)
        key, secret = parts.context.db.write_now(keys.create, actor, label=options.label, kind=None, now=utc_now())
    _tell(
        options,
        {"id": key["id"], "prefix": key["prefix"], "secret": secret},
        f"{secret}\nKeep it: it is not shown again.",
    )


def _list_keys(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        actor = _actor(parts.context.db.read_now(workspaces.only, options.workspace).id)
        found = parts.context.db.read_now(keys.list_keys, actor)
    _tell(options, {"keys": found}, "\n".join(f"{key['id']}  {key['prefix']}…  {key['label'] or ''}" for key in found))


def _revoke_key(options: argparse.Namespace, settings: Settings) -> None:
    with open_parts(settings) as parts:
        actor = _actor(parts.context.db.read_now(workspaces.only, options.workspace).id)
        key = parts.context.db.write_now(keys.revoke, actor, options.key, now=utc_now())
    _tell(options, {"key": key}, f"{options.key} is revoked.")


def _actor(workspace_id: str) -> Actor:
    return Actor(workspace_id=workspace_id, label="cli", role=Role.OWNER)


def _tell(options: argparse.Namespace, found: dict[str, Any], sentence: str) -> None:
    if options.json:
        _show(found)
    else:
        print(sentence)


def _show(found: dict[str, Any]) -> None:
    print(json.dumps(found))
