"""The two pages for people who are not signed in. Both post ordinary forms: only a request can change the cookie."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui
from starlette.responses import RedirectResponse

from backend import identity_providers, members, users
from backend.context import Context

from .. import design
from ..frame import LOGO, THEMES, greet, html, theme
from ..markup import Markup, tag, void
from ..run import actor_of
from ..words import _, later

SENTENCES = {
    "sign_in_failed": later("The e-mail address or the password is wrong. Try again."),
    "rate_limited": later("Too many failed sign-ins. Wait a few minutes, then try again."),
    "link_invalid": later("This link was used already or is too old. Ask for a new one, or start the program again."),
    "password_too_short": later("Choose a password of at least {count} characters."),
    "password_too_long": later("Choose a shorter password."),
    "email_invalid": later("Write an e-mail address, such as name@example.com."),
    "setup_done": later("This SocialClaw is set up already. Sign in instead."),
    "sign_in_denied": later("You did not sign in there. Try again when you want to."),
    "sign_in_state_invalid": later(
        "That took longer than ten minutes, or was not begun in this browser. Sign in again."
    ),
    "sign_in_refused": later(
        "The sign-in was not finished there. Try again; if it stays so, tell the people who run this SocialClaw."
    ),
    "apple_identity_token_invalid": later("Apple's answer is not valid here. Sign in again."),
    "google_identity_token_invalid": later("Google's answer is not valid here. Sign in again."),
    "identity_provider_unavailable": later("It does not answer at the moment. Try again in a few minutes."),
    "sign_up_closed": later("There is no account for you here, and strangers cannot make one. Ask for an invitation."),
    "password_needed": later(
        "There is an account with your address already. Sign in with its password once; from then on the other way works too."
    ),
    "user_exists": later("There is an account with your address already. Sign in with its password."),
    "email_missing": later("Your e-mail address was not told, and a new account needs one. Allow it, then try again."),
    "account_disabled": later("This account is switched off. Ask the people who run this SocialClaw."),
    "origin_forbidden": later("That form came from another site. Try again here."),
}
OTHERWISE = later("That did not work. Try again.")
"""The forms come back with a code in the address: what it means is said here, never what an address says."""


def register(context: Context) -> None:
    @ui.page("/signin")
    async def sign_in(
        next: str = "/", error: str = ""
    ) -> RedirectResponse | None:  # the field is called that on the wire
        if await actor_of(context, ui.context.client.request):
            return RedirectResponse("/", status_code=303)
        greet(later("Sign in"))
        with _card(_("Sign in"), error):
            html(
                _form(
                    "/auth/login",
                    void("input", type="hidden", name="next", value=next if next.startswith("/") else "/"),
                    _field(_("E-mail"), "email", "email", autocomplete="username", autofocus=True),
                    _field(_("Password"), "password", "password", autocomplete="current-password"),
                    tag("button", _("Sign in"), type="submit"),
                )
            ).mark("sign-in-form")
            others = identity_providers.offered(context.settings)
            if others:
                html(tag("nav", *(_elsewhere(each, next) for each in others), class_=design.ELSEWHERE)).mark(
                    "elsewhere"
                )
        return None

    @ui.page("/setup")
    async def set_up(token: str = "", error: str = "") -> None:
        greet(later("Set up"))
        if not token or not await context.db.read(users.link_works, token, users.SETUP, context.now()):
            with _card(_("This link does not work"), error):
                ui.label(_("It was used already or is too old. Start the program again: it prints a new one.")).classes(
                    design.MUTED
                )
                ui.link(_("Sign in"), "/signin")
            return
        with _card(_("Welcome"), error):
            ui.label(_("Make your account. You will be the owner of this SocialClaw.")).classes(design.MUTED)
            html(
                _form(
                    "/auth/setup",
                    void("input", type="hidden", name="token", value=token),
                    _field(_("E-mail"), "email", "email", autocomplete="username", autofocus=True),
                    _field(_("Password, at least {count} characters").format(count=users.SHORTEST_PASSWORD), "password", "password",
                           autocomplete="new-password", minlength=users.SHORTEST_PASSWORD),
                    _field(_("Workspace name"), "workspace", "text", maxlength=200, required=False, placeholder=_("My workspace")),
                    tag("button", _("Create my account"), type="submit"),
                )
            ).mark("setup-form")  # fmt: skip

    @ui.page("/join")
    async def join(token: str = "", error: str = "") -> None:
        greet(later("Join"))
        told = await context.db.read(members.invited, token, context.now()) if token else None
        if told is None:
            with _card(_("This invitation does not work"), error):
                ui.label(_("It was used, taken back or is too old. Ask for a new one.")).classes(design.MUTED)
                ui.link(_("Sign in"), "/signin")
            return
        somebody = await actor_of(context, ui.context.client.request)
        with _card(_("Join {workspace}").format(workspace=told["workspace"]), error):
            hidden = void("input", type="hidden", name="token", value=token)
            if somebody is not None:
                ui.label(_("You join as who you are signed in as.")).classes(design.MUTED)
                html(_form("/auth/join", hidden, tag("button", _("Join"), type="submit"))).mark("join-form")
                return
            here = f"/join?{urlencode({'token': token})}"
            if told["isKnown"]:
                ui.label(_("{email} has an account here. Sign in with it first.").format(email=told["email"]))
                ui.link(_("Sign in"), f"/signin?{urlencode({'next': here})}")
                return
            ui.label(_("Choose a password for {email}.").format(email=told["email"])).classes(design.MUTED)
            html(
                _form(
                    "/auth/join",
                    hidden,
                    _field(_("Your name"), "name", "text", maxlength=200, required=False, autocomplete="name", autofocus=True),
                    _field(_("Password, at least {count} characters").format(count=users.SHORTEST_PASSWORD), "password", "password",
                           autocomplete="new-password", minlength=users.SHORTEST_PASSWORD),
                    tag("button", _("Join"), type="submit"),
                )
            ).mark("join-form")  # fmt: skip
            ui.link(_("I have an account with another address"), f"/signin?{urlencode({'next': here})}")


def _card(title: str, error: str) -> ui.element:
    ui.dark_mode(THEMES[theme()])
    with ui.element("main").classes(design.CENTRE), ui.element("div").classes(design.CENTRE_CARD) as card:
        html(LOGO)
        html(tag("h1", title, class_=design.TITLE))
        if error:
            sentence = _(SENTENCES.get(error, OTHERWISE)).format(count=users.SHORTEST_PASSWORD)
            ui.label(sentence).classes(design.ISSUE).props('role="alert"').mark("error")
    return card


def _form(action: str, *children: Markup) -> Markup:
    return tag("form", *children, class_="sc-form", action=action, method="post")


def _elsewhere(provider: identity_providers.IdentityProvider, next: str) -> Markup:
    words = _("Continue with {name}").format(name=provider.name)
    return tag("a", words, href=f"/auth/{provider.id}/start?{urlencode({'next': next})}")


def _field(label: str, name: str, kind: str, **attributes: object) -> Markup:
    return tag("label", label, void("input", **{"name": name, "type": kind, "required": True, **attributes}))
