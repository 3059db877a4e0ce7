"""The mail server that sends for us: any that speaks SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage

from .settings import Settings

SECONDS = 20.0


class MailServerAway(Exception):
    """It cannot be reached, or does not let us in: nothing more can be sent now."""


class MailRefused(Exception):
    """It took us in and refused this message."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Callable[[EmailMessage], Awaitable[None]]]:
    """Gives what sends one message. Raises MailServerAway, and MailRefused for one message."""
    try:
        server = await asyncio.to_thread(_open, settings)
    except (OSError, smtplib.SMTPException) as error:  # ssl.SSLError is an OSError
        raise MailServerAway(type(error).__name__) from error

    async def send(message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(server.send_message, message)
        except smtplib.SMTPServerDisconnected as error:
            raise MailServerAway(type(error).__name__) from error
        except smtplib.SMTPException as error:
            raise MailRefused(type(error).__name__) from error
        except OSError as error:
            raise MailServerAway(type(error).__name__) from error

    try:
        yield send
    finally:
        with suppress(OSError, smtplib.SMTPException):
            await asyncio.to_thread(server.quit)


def _open(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    trusted = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=trusted)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server
