"""The one door between pages and services: who looks, which service runs, and what a refusal looks like."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import quote

from nicegui import ui
from sqlalchemy.orm import Session

from backend import analytics, assets, billing, connections, posts, runs, users
from backend.access import Action, Actor, may
from backend.context import Context
from backend.errors import AppError

from .words import _

P = ParamSpec("P")
R = TypeVar("R")


NEEDS_PLAN = frozenset[Callable[..., Any]](
    {
        analytics.refresh_post,
        analytics.refresh_account,
        assets.upload,
        connections.start,
        posts.retry,
        runs.apply_once,
        runs.publish,
    }
)
"""What the pages run of what the API gives only to those with a plan, where plans are sold."""


class Refused:
    """What ``call`` gives back after it has shown why something was refused. False, so that a handler can just stop."""

    def __bool__(self) -> bool:
        return False


REFUSED = Refused()


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One open page: who looks at it and what it may ask for."""

    context: Context
    actor: Actor
    token: str = field(repr=False)
    workspace: dict[str, Any]
    names: Mapping[str, str]
    """What people call the accounts, by id."""

    @property
    def zone(self) -> str:
        return self.workspace["timezone"]

    @property
    def idle(self) -> timedelta:
        return timedelta(days=self.context.settings.session_idle_days)

    def now(self) -> datetime:
        return self.context.now()

    def may(self, action: Action) -> bool:
        """For leaving out what would be refused; the services decide again."""
        return may(self.actor, action)

    async def read(self, service: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.context.db.read(service, *args, **kwargs)

    async def call(
        self,
        service: Callable[..., Any],
        *args: Any,
        refused: Callable[[AppError], object] = lambda error: refuse(error.message),
        **kwargs: Any,
    ) -> Any:
        """Run a service that changes something; ``REFUSED`` after ``refused`` has shown why not.

        ``fn(session, actor, …)`` runs in a transaction, ``async fn(context, actor, …)`` as it is. A page may be open
        longer than its session: who asks is looked up again each time.
        """
        actor = await users.visitor(self.context, self.token)
        if actor is None or actor.workspace_id != self.actor.workspace_id:
            ui.navigate.reload()  # which leads to the sign-in page and back to where the browser is now
            return REFUSED
        try:
            if service in NEEDS_PLAN:
                await billing.require(self.context, actor)
            if inspect.iscoroutinefunction(service):
                return await service(self.context, actor, *args, **kwargs)
            return await self.context.db.write(service, actor, *args, **kwargs)
        except AppError as error:
            refused(error)
            return REFUSED


def refuse(sentence: str) -> None:
    ui.notify(sentence, type="negative", position="top", multi_line=True, close_button=_("Close"), timeout=9000)


def copy(text: str) -> None:
    ui.clipboard.write(text)
    say(_("Copied."))


def say(sentence: str) -> None:
    ui.notify(sentence, type="positive", position="top", timeout=3500)


async def actor_of(context: Context, request: Any) -> tuple[Actor, str] | None:
    """Who sits at the browser that sent this request, and the token of their session."""
    token = request.session.get("sid")
    actor = await users.visitor(context, token) if token else None
    return (actor, cast("str", token)) if actor else None


def sign_in_path() -> str:
    request = ui.context.client.request
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/signin" if here == "/" else f"/signin?next={quote(here, safe='/')}"


def broke() -> None:
    refuse(_("Something went wrong here, not on your side. The server's log has the details."))
