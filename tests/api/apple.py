"""A certificate chain like Apple's, made here, and what it signs.

The marks of the leaf and the one above it are those that Apple's library looks for.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

LEAF_MARK, INTERMEDIATE_MARK = "1.2.840.113635.100.6.11.1", "1.2.840.113635.100.6.2.1"
BUNDLE, APP_ID = "com.example.socialclaw", 1234
MONTHLY, YEARLY = "pro.monthly", "pro.yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    root: bytes
    """DER."""
    chain: list[str]
    key: ec.EllipticCurvePrivateKey

    def sign(self, payload: dict[str, Any]) -> str:
        return jwt.encode(payload, self.key, algorithm="ES256", headers={"x5c": self.chain})


def authority(*, leaf_mark: str | None = LEAF_MARK, ocsp: str = "") -> Authority:
    """``ocsp`` is where to ask whether its certificates were withdrawn."""
    root_key, middle_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = _certificate("Root", "Root", root_key, root_key, is_ca=True)
    middle = _certificate("Middle", "Root", middle_key, root_key, is_ca=True, mark=INTERMEDIATE_MARK, ocsp=ocsp)
    leaf = _certificate("Leaf", "Middle", leaf_key, middle_key, is_ca=False, mark=leaf_mark, ocsp=ocsp)
    written = [each.public_bytes(Encoding.DER) for each in (leaf, middle, root)]
    return Authority(root=written[2], chain=[base64.b64encode(each).decode() for each in written], key=leaf_key)


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
    mark: str | None = None,
    ocsp: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=900))
        .not_valid_after(now + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(usage, critical=True)
    )
    if mark:
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(mark), b"\x05\x00"), critical=False)
    if ocsp:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Made-up {name}")])


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def transaction(original: str, *, signed_at: datetime, expires_at: datetime, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "transactionId": original,
        "originalTransactionId": original,
        "bundleId": BUNDLE,
        "productId": MONTHLY,
        "subscriptionGroupIdentifier": "21",
        "purchaseDate": ms(expires_at - timedelta(days=30)),
        "originalPurchaseDate": ms(expires_at - timedelta(days=30)),
        "expiresDate": ms(expires_at),
        "quantity": 1,
        "type": "Auto-Renewable Subscription",
        "inAppOwnershipType": "PURCHASED",
        "signedDate": ms(signed_at),
        "environment": "Production",
        "transactionReason": "PURCHASE",
        "storefront": "USA",
        "storefrontId": "143441",
        "price": 9990,
        "currency": "USD",
        **changes,
    }
    return {name: value for name, value in facts.items() if value is not None}


def renewal(bought: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "originalTransactionId": bought["originalTransactionId"],
        "autoRenewProductId": bought["productId"],
        "productId": bought["productId"],
        "autoRenewStatus": 1,
        "signedDate": bought["signedDate"],
        "environment": bought["environment"],
        "renewalDate": bought["expiresDate"],
        **changes,
    }


def notification(
    by: Authority,
    kind: str,
    bought: dict[str, Any] | None = None,
    *,
    signed_at: datetime,
    subtype: str | None = None,
    status: int | None = 1,
    renews: dict[str, Any] | None = None,
    **data: Any,
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "bundleId": BUNDLE,
        "bundleVersion": "1",
        "environment": bought["environment"] if bought else "Production",
        "appAppleId": APP_ID,
        "status": status,
        **data,
    }
    if bought is not None:
        facts["signedTransactionInfo"] = by.sign(bought)
        facts["signedRenewalInfo"] = by.sign(renewal(bought, **(renews or {})))
    return {
        "notificationType": kind,
        **({"subtype": subtype} if subtype else {}),
        "notificationUUID": str(uuid4()),
        "version": "2.0",
        "signedDate": ms(signed_at),
        "data": {name: value for name, value in facts.items() if value is not None},
    }
