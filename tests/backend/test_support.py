"""Questions to the people who run the server are kept, and a mail server gets them when it can."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from backend import housekeeping, support
from backend.context import Context
from backend.errors import AppError
from backend.models import SupportRequest
from backend.settings import SettingsError, load
from socialclaw_app.serving import free_port

from .conftest import Clock
from .post_office import Offices, Post, mailing, offices

__all__ = ["offices"]

# --- mailing ----------------------------------------------------------------------------------------------------------


async def waiting(context: Context, number: int = 1, **changes: str | None) -> None:
    for each in range(number):
        fields = {"email": "somebody@example.com", "message": f"Question {each}. Grüße", **changes}
        await support.ask(context, None, fields, address=f"10.0.0.{each}")


async def unmailed(context: Context) -> int:
    query = select(SupportRequest).where(SupportRequest.mailed_at.is_(None))
    return len(await context.db.read(lambda session: session.scalars(query).all()))


async def test_a_question_reaches_the_mailbox_once(context: Context, offices: Offices, clock: Clock) -> None:
    post = Post()
    context = mailing(context, offices.open(post), smtp_from="robot@example.com")
    await waiting(context, page_url="https://example.com/x", source="help")
    row = (await context.db.read(lambda session: session.scalars(select(SupportRequest)).all()))[0]

    await housekeeping.every_minute(context)
    await housekeeping.every_minute(context)

    (mail,) = post.mails
    assert (post.senders, post.recipients) == (["robot@example.com"], [["help@example.com"]])
    assert (mail["From"], mail["To"], mail["Reply-To"]) == ("robot@example.com", "help@example.com", "somebody@example.com")  # fmt: skip
    assert (mail["Subject"], mail["Message-ID"]) == (f"Question {row.id}", f"<{row.id}@127.0.0.1>")
    text = mail.get_content().replace("\r\n", "\n")
    assert text.startswith("Question 0. Grüße\n")
    assert "From: somebody@example.com\nPage: https://example.com/x\nSource: help" in text
    assert await unmailed(context) == 0


async def test_a_mail_server_that_is_down_loses_nothing(context: Context, offices: Offices) -> None:
    port = free_port("127.0.0.1", 0)
    context = mailing(context, port)
    await waiting(context, 3)

    await support.mail_waiting(context)
    assert await unmailed(context) == 3

    post = Post()
    offices.open(post, port)
    await support.mail_waiting(context)

    assert [mail.get_content().partition(".")[0] for mail in post.mails] == ["Question 0", "Question 1", "Question 2"]
    assert await unmailed(context) == 0


async def test_a_message_that_is_refused_keeps_no_other_from_being_mailed(context: Context, offices: Offices) -> None:
    post = Post(refuse=lambda mail: "Question 1" in mail.get_content())
    context = mailing(context, offices.open(post))
    await waiting(context, 3)

    await support.mail_waiting(context)
    assert (len(post.mails), await unmailed(context)) == (2, 1)

    post.refuse = lambda mail: False
    await support.mail_waiting(context)
    assert (len(post.mails), await unmailed(context)) == (3, 0)


@pytest.mark.parametrize("change", [{"smtp_host": ""}, {"support_email": ""}])
async def test_without_a_mail_server_questions_are_kept(
    context: Context, offices: Offices, change: dict[str, str]
) -> None:
    post = Post()
    context = mailing(context, offices.open(post), **change)
    await waiting(context)

    await support.mail_waiting(context)

    assert (post.mails, await unmailed(context)) == ([], 1)


async def test_an_address_that_no_header_can_hold_stands_in_the_text(context: Context, offices: Offices) -> None:
    post = Post()
    context = mailing(context, offices.open(post))
    await waiting(context, email="jürgen@example.com,<evil>")

    await support.mail_waiting(context)

    (mail,) = post.mails
    assert mail["Reply-To"] is None
    assert "From: jürgen@example.com,<evil>" in mail.get_content()


# --- with certificates and passwords ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder, key = tmp_path_factory.mktemp("certificate"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, private = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file, private)
    return Certificate(file, server)


def only_alice(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"alice", b"pass word")
    return AuthResult(success=right, handled=False)


def secured(offices: Offices, certificate: Certificate, how: str, post: Post) -> int:
    if how == "tls":
        return offices.open(post, ssl_context=certificate.server, authenticator=only_alice, auth_require_tls=False, auth_required=True)  # fmt: skip
    return offices.open(
        post, tls_context=certificate.server, require_starttls=True, authenticator=only_alice, auth_required=True
    )


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_a_mail_server_with_a_trusted_certificate_and_a_login_is_used(
    context: Context, offices: Offices, certificate: Certificate, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    post = Post()
    port = secured(offices, certificate, how, post)
    login = {"smtp_user": "alice", "smtp_password": "pass word", "smtp_security": how}
    await waiting(context)

    await support.mail_waiting(mailing(context, port, **login, support_email="help@example.com"))

    assert len(post.mails) == 1


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_a_mail_server_whose_certificate_nobody_vouches_for_gets_nothing(
    context: Context, offices: Offices, certificate: Certificate, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    post = Post()
    port = secured(offices, certificate, how, post)
    await waiting(context)

    await support.mail_waiting(mailing(context, port, smtp_user="alice", smtp_password="pass word", smtp_security=how))

    assert (post.mails, await unmailed(context)) == ([], 1)
    assert "SSLCertVerificationError" in caplog.text
    assert "pass word" not in caplog.text


async def test_a_mail_server_without_tls_is_not_used_when_it_was_asked_for(context: Context, offices: Offices) -> None:
    post = Post()
    context = mailing(context, offices.open(post), smtp_security="starttls")
    await waiting(context)

    await support.mail_waiting(context)

    assert (post.mails, await unmailed(context)) == ([], 1)


async def test_a_wrong_password_is_no_loss(
    context: Context,
    offices: Offices,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    post = Post()
    port = secured(offices, certificate, "starttls", post)
    await waiting(context)

    await support.mail_waiting(mailing(context, port, smtp_user="alice", smtp_password="wrong one", smtp_security="starttls"))  # fmt: skip

    assert (post.mails, await unmailed(context)) == ([], 1)
    assert "wrong one" not in caplog.text


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [
        {"SOCIALCLAW_SMTP_SECURITY": "ssl"},
        {"SOCIALCLAW_SMTP_SECURITY": "none", "SOCIALCLAW_SMTP_PASSWORD": "x", "SOCIALCLAW_SMTP_HOST": "mail.example"},
    ],
)
def test_settings_that_would_send_a_password_in_the_clear_are_refused(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SOCIALCLAW_SMTP_SECURITY"):
        load(environ, data_dir=tmp_path)


def test_a_password_of_the_mail_server_is_not_shown(tmp_path: Path) -> None:
    settings = load({"SOCIALCLAW_SMTP_PASSWORD": "pass word"}, data_dir=tmp_path)

    assert settings.smtp_password == "pass word"
    assert "pass word" not in repr(replace(settings, environ={}))
    assert "pass word" not in repr(settings)


async def test_an_hour_later_an_address_may_ask_again(context: Context, clock: Clock) -> None:
    fields: dict[str, str | None] = {"email": "a@example.com", "message": "Hello?"}
    for _ in range(support.MOST_AN_HOUR):
        await support.ask(context, None, fields, address="10.0.0.1")
    with pytest.raises(AppError, match="Too many messages"):
        await support.ask(context, None, fields, address="10.0.0.1")
    await support.ask(context, None, fields, address="10.0.0.2")

    clock.forward(timedelta(minutes=6))

    assert await support.ask(context, None, fields, address="10.0.0.1")
