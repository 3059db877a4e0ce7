"""Mail servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from backend.context import Context
from socialclaw_app.serving import free_port


@dataclass
class Post:
    """A mail server on loopback and what it took in."""

    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str | None] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: Callable[[EmailMessage], bool] = lambda mail: False

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        mail = cast("EmailMessage", message_from_bytes(cast("bytes", envelope.content), policy=default))
        if self.refuse(mail):
            return "554 5.7.1 No"
        self.mails.append(mail)
        self.senders.append(envelope.mail_from)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


class Offices:
    """Starts mail servers and stops them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.ports: list[int] = []

    def open(self, post: Post, port: int = 0, **options: Any) -> int:
        controller = Controller(post, hostname="127.0.0.1", port=port or free_port("127.0.0.1", 0), **options)
        controller.start()
        self._stack.callback(controller.stop)
        return int(controller.port)


@pytest.fixture
def offices() -> Iterator[Offices]:
    with ExitStack() as stack:
        yield Offices(stack)


def mailing(context: Context, port: int, **changes: Any) -> Context:
    values = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "support_email": "help@example.com",
        **changes,
    }
    return replace(context, settings=replace(context.settings, **values))
