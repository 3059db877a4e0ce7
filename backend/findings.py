"""What is right and wrong about a developer app and a login, told without asking anybody. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from providers.contract import (
    AppRules,
    Draft,
    DraftAsset,
    Finding,
    Kind,
    Level,
    OAuth2,
    Problem,
    Provider,
    Rate,
    Response,
    Way,
)

from . import clocks
from .wire import iso

SOON = timedelta(days=7)
THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
APPS = Way(label="Developer apps", path="/settings/networks")
RECONNECT = Way(label="Reconnect", path="/accounts")
SHORT = timedelta(minutes=10)
"""A limit of so few minutes paces posts; it is nothing to run out of."""
SERIOUS = (Level.BAD, Level.WARN, Level.INFO, Level.OK)
"""The worst first."""
CERTAIN = (Level.BAD, Level.WARN, Level.OK, Level.INFO)
"""What is known counts before a note that says where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How the latest post of an account, or of all accounts of an app, ended when it did not go out."""

    code: str
    message: str
    post_id: str


# --- the developer app --------------------------------------------------------------------------------------------------


def of_app(
    provider: Provider,
    *,
    client_id: str | None,
    has_secret: bool,
    redirect_uri: str,
    is_copy: bool,
    refusals: Sequence[Refusal] = (),
) -> list[Finding]:
    """``is_copy``: the network is its copy on this machine, which people are sent back from to any address here."""
    rules = provider.app
    if not client_id:
        detail = (
            f"Make an app at {provider.name} and enter its client id and secret here. Until then nobody can connect."
        )
        way = Way(label=f"Make an app at {provider.name}", url=rules.console) if rules else APPS
        return [
            Finding(id="client_id", level=Level.BAD, title="No app yet", detail=detail, next=way),
            redirect(provider, redirect_uri, is_copy),
        ]
    found = [redirect(provider, redirect_uri, is_copy), _client_id(provider, client_id), _secret(provider, has_secret)]
    return [*found, *(mode(provider, refusals) or ())]


def redirect(provider: Provider, address: str, is_copy: bool) -> Finding:
    """What must be registered, and whether the network takes such an address at all."""
    rules = provider.app
    where = f" under: {rules.redirects}" if rules else ""
    told = f"{address} has to be entered at {provider.name}, to the letter{where}."
    way = Way(label=f"Open the settings at {provider.name}", url=rules.console) if rules else None
    wrong = None if is_copy or rules is None else _refused_address(provider, rules, address)
    if wrong is None:
        return Finding(id="redirect", level=Level.OK, title="Redirect address", detail=told, next=way)
    detail, command = wrong
    way = Way(label="Start it with another address", command=command)
    return Finding(id="redirect", level=Level.BAD, title="Redirect address", detail=detail, next=way)


def _refused_address(provider: Provider, rules: AppRules, address: str) -> tuple[str, str] | None:
    """Why the network sends nobody there, and the command that gives another address."""
    split = urlsplit(address)
    host = split.hostname or ""
    port = f":{split.port}" if split.port else ""
    public = "SOCIALCLAW_PUBLIC_BASE_URL=https://social.example.com socialclaw serve"
    if host in THIS_MACHINE:
        if host in rules.loopback:
            return None
        if rules.loopback:
            other = f"http://{rules.loopback[0]}{port}"
            detail = (
                f"{provider.name} sends people back to this machine by the name {rules.loopback[0]} only, not {host}."
            )
            return f"{detail} Use {other} in the browser, too.", f"SOCIALCLAW_PUBLIC_BASE_URL={other} socialclaw serve"
        return f"{provider.name} sends nobody back to {host}: it takes https addresses that others can reach.", public
    if split.scheme != "https" and not rules.plain:
        return f"{provider.name} sends people back over https only, and this address has none.", public
    return None


def _client_id(provider: Provider, client_id: str) -> Finding:
    rules = provider.app
    if rules is None or re.fullmatch(rules.client_id, client_id):
        return Finding(id="client_id", level=Level.OK, title="Client id", detail=f"{client_id} looks right.")
    detail = f"{client_id} does not look like one of {provider.name}. It should be {rules.client_id_looks}."
    return Finding(id="client_id", level=Level.WARN, title="Client id", detail=detail, next=APPS)


def _secret(provider: Provider, has_secret: bool) -> Finding:
    if has_secret:
        return Finding(id="secret", level=Level.OK, title="Client secret", detail="It is there, and kept sealed.")
    detail = f"{provider.name} gives no login without the client secret. Enter it beside the client id."
    return Finding(id="secret", level=Level.BAD, title="No client secret", detail=detail, next=APPS)


def mode(provider: Provider, refusals: Sequence[Refusal]) -> list[Finding]:
    """Told by refusals of posts, else a note that says where to look."""
    known = provider.app.mode if provider.app else None
    if known is None:
        return []
    told = next((one for one in refusals if one.code in known.codes), None)
    if told is not None:
        detail = f"A post was refused because of it: {told.message} {known.detail}"
        return [Finding(id="app_mode", level=Level.BAD, title=known.title, detail=detail, next=known.next)]
    return [Finding(id="app_mode", level=Level.INFO, title=known.title, detail=known.detail, next=known.next)]


def knows_app(provider: Provider, response: Response) -> list[Finding]:
    """What the answer to a code that nobody gave out tells: networks look at the app first, then at the code."""
    body: Any = response.json
    error = str(body.get("error")) if isinstance(body, dict) and isinstance(body.get("error"), str) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    own = provider.app.known if provider.app else None
    known = own(response) if own is not None else _by_standard(response.status, error)
    if error == "redirect_uri_mismatch":
        detail = f"{provider.name} does not know our redirect address. Enter it there, to the letter."
        way = Way(label=f"Open the settings at {provider.name}", url=provider.app.console) if provider.app else None
        return [Finding(id="redirect", level=Level.BAD, title="Redirect address", detail=detail, next=way)]
    if known is None:
        detail = f"{provider.name} does not tell whether client id and secret are right ({response.status})."
        return [Finding(id="app", level=Level.INFO, title="App", detail=detail)]
    if not known:
        detail = f"{provider.name} does not accept this client id with this secret. Copy both again."
        return [Finding(id="app", level=Level.BAD, title="App", detail=detail, next=APPS)]
    return [Finding(id="app", level=Level.OK, title="App", detail=f"{provider.name} knows it by client id and secret.")]


def _by_standard(status: int, error: str) -> bool | None:
    """RFC 6749, 5.2."""
    if status == 401 or error in ("invalid_client", "unauthorized_client"):
        return False
    return True if error in ("invalid_grant", "invalid_request", "redirect_uri_mismatch") else None


def media(provider: Provider, why: str | None) -> list[Finding]:
    """For networks that fetch files themselves. ``why`` nobody outside can fetch them."""
    if not any(provider.pulls_media(_draft(provider, kind)) for kind in ("image", "video")):
        return []
    if why is None:
        detail = (
            f"{provider.name} fetches files from this server's public address, and nothing is known to be in the way."
        )
        return [Finding(id="media", level=Level.OK, title="Files", detail=detail)]
    detail = f"{provider.name} fetches files itself and cannot reach this server: {why}"
    way = Way(label="Give it a public address", command="SOCIALCLAW_PUBLIC_BASE_URL=https://social.example.com socialclaw serve")  # fmt: skip
    return [Finding(id="media", level=Level.BAD, title="Files", detail=detail, next=way)]


def _draft(provider: Provider, kind: Any) -> Draft:
    account_type = next((one.id for one in provider.accounts if one.publishable), "")
    return Draft(
        provider=provider.id,
        account_type=account_type,
        handle="",
        title="",
        body="",
        text="",
        assets=(DraftAsset(key="", url="", kind=kind, extension=""),),
        settings={},
        interaction="post",
        parent=None,
    )


# --- the login ----------------------------------------------------------------------------------------------------------


def ended(reason: str) -> Finding:
    return Finding(id="token", level=Level.BAD, title="The login has ended", detail=reason, next=RECONNECT)


def token(*, end: datetime | None, renewable: bool, trouble: str | None, at_risk: int) -> Finding:
    """``end`` is when it is over unless a person connects again; ``trouble`` is why it could not be renewed lately."""
    risk = "" if not at_risk else f" {at_risk} {'post is' if at_risk == 1 else 'posts are'} at risk."
    if trouble is not None:
        detail = f"It could not be renewed ({trouble}). It is tried again; reconnect if that lasts.{risk}"
        return Finding(id="token", level=Level.WARN, title="Login", detail=detail, ends_at=end, next=RECONNECT)
    if end is None:
        detail = "It is renewed by itself before it ends." if renewable else "It does not end by itself."
        return Finding(id="token", level=Level.OK, title="Login", detail=detail)
    level = Level.WARN if at_risk else Level.OK
    detail = f"Only connecting again makes it last longer.{risk}"
    return Finding(id="token", level=level, title="Login", detail=detail, ends_at=end, next=RECONNECT)


def scopes(how: OAuth2, missing: Sequence[Mapping[str, str]], known: bool) -> Finding:
    if missing:
        needed = [one["scope"] for one in missing if one["scope"] in how.required_scopes]
        told = " ".join(f"{one['scope']}: {one['lost']}" for one in missing)
        level = Level.BAD if needed else Level.WARN
        detail = f"{told} Reconnect and leave all boxes ticked."
        return Finding(id="scopes", level=level, title="Permissions were left out", detail=detail, next=RECONNECT)
    detail = "Everything that was asked for was allowed." if known else "Nobody told which were given."
    return Finding(id="scopes", level=Level.OK if known else Level.INFO, title="Permissions", detail=detail)


def last_post(latest: Refusal | None) -> list[Finding]:
    if latest is None:
        return []
    way = Way(label="The post", path=f"/posts/{latest.post_id}")
    return [Finding(id="last_post", level=Level.WARN, title="The last post failed", detail=latest.message, next=way)]


# --- limits and trouble -------------------------------------------------------------------------------------------------


def counted(standing: Iterable[tuple[Rate, int]], waits: Iterable[tuple[str, datetime]]) -> list[Finding]:
    """The declared rates as they are used here, and what the network asked us to wait for."""
    asked = max(waits, key=lambda wait: wait[1], default=None)
    if asked is not None:
        detail = f"No posts until {asked[1]:%H:%M} UTC ({asked[0]})."
        return [Finding(id="quota", level=Level.WARN, title="The network asked us to wait", detail=detail)]
    longer = [one for one in standing if one[0].per >= SHORT]
    fullest = max(longer, key=lambda one: one[1] / one[0].count, default=None)
    if fullest is None:
        return []
    rate, used = fullest
    detail = f"{used} of {rate.count} posts in {_stretch(rate.per)} went out from here."
    level = Level.BAD if used >= rate.count else Level.WARN if used >= rate.count * 0.8 else Level.OK
    return [Finding(id="quota", level=level, title="Used up" if level is Level.BAD else "Quota", detail=detail)]


def _stretch(per: timedelta) -> str:
    minutes = per.total_seconds() / 60
    return f"{minutes / 60:g} hours" if minutes > 60 else f"{minutes:g} minutes"


def trouble(provider: Provider, problem: Problem) -> Finding:
    """An answer to a question that was none."""
    known = provider.app.mode if provider.app else None
    if known is not None and problem.code in known.codes:
        detail = f"{problem.message} {known.detail}"
        return Finding(id="app_mode", level=Level.BAD, title=known.title, detail=detail, next=known.next)
    match problem.kind:
        case Kind.AUTH:
            return Finding(id="token", level=Level.BAD, title="The login is refused", detail=problem.message, next=RECONNECT)  # fmt: skip
        case Kind.RATE_LIMITED | Kind.QUOTA:
            return Finding(id="network", level=Level.WARN, title="Too many requests", detail=problem.message)
        case Kind.UNAVAILABLE | Kind.UNKNOWN:
            level = Level.BAD if problem.code in ("not_reachable", "answer_lost") else Level.WARN
            return Finding(id="network", level=level, title=f"{provider.name} does not answer", detail=problem.message)  # fmt: skip
        case _:
            return Finding(id="account", level=Level.BAD, title="Not allowed", detail=problem.message, next=RECONNECT)


def clock(ahead: timedelta | None) -> list[Finding]:
    if ahead is None:
        return []
    if clocks.is_wrong(ahead):
        return [Finding(id="clock", level=Level.BAD, title="Clock", detail=clocks.sentence(ahead))]
    return [Finding(id="clock", level=Level.OK, title="Clock", detail="Ours and the network's are the same.")]


# --- told ---------------------------------------------------------------------------------------------------------------


def settled(found: Iterable[Finding], now: datetime) -> list[Finding]:
    """Each thing once: the worst that is known of it, and of equals what was found out last, by asking. The worst come
    first."""
    kept: dict[str, Finding] = {}
    for one in (_judged(finding, now) for finding in found):
        known = kept.get(one.id)
        if known is None or CERTAIN.index(one.level) <= CERTAIN.index(known.level):
            kept[one.id] = one
    return sorted(kept.values(), key=lambda one: SERIOUS.index(one.level))


def _judged(finding: Finding, now: datetime) -> Finding:
    """By the clock, for what is good for a time only."""
    if finding.ends_at is None:
        return finding
    left = finding.ends_at - now
    level = Level.BAD if left <= timedelta() else Level.WARN if left <= SOON else Level.OK
    when = f"{'It ended' if left <= timedelta() else 'It ends'} on {finding.ends_at:%Y-%m-%d} at {finding.ends_at:%H:%M} UTC."
    worse = min((level, finding.level), key=SERIOUS.index)
    return replace(finding, level=worse, detail=f"{when} {finding.detail}".strip())


def finding_json(finding: Finding, account: Mapping[str, Any] | None = None) -> dict[str, Any]:
    way = finding.next
    next = {"label": way.label, "url": way.url, "path": way.path, "command": way.command} if way else {}
    return {
        "id": finding.id,
        "level": str(finding.level),
        "title": finding.title,
        "detail": finding.detail,
        "next": {name: value for name, value in next.items() if value is not None} or None,
        "endsAt": iso(finding.ends_at),
        "account": None if account is None else {"id": account["id"], "handle": account["handle"]},
    }
