"""Secrets at rest: sealed where they must be read again, hashed where they are only compared.

One data key seals everything. It comes from ``SOCIALCLAW_SECRET_KEY``, from the system keyring (one entry, because some
keyrings are slow and small) or from a file that only its owner can read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
KEYRING_SERVICE = "SocialClaw"
KEYRING_SECONDS = 3.0
"""A locked keyring asks on screen, and on a server nobody is there to answer."""


class KeyUnavailable(Exception):
    """The data key cannot be had. The message says what to do."""


class CannotOpen(Exception):
    """A sealed value was changed, moved from its row, or sealed with a key that is not there."""


class Sealer:
    """AES-256-GCM. A value opens only in the table, row and column it was sealed for."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current
        self._current_key = keys[current]

    def __repr__(self) -> str:
        return f"Sealer(current={self._current!r})"

    def seal(self, plain: bytes | str, *, table: str, row: str, column: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = plain.encode() if isinstance(plain, str) else plain
        sealed = self._ciphers[self._current].encrypt(nonce, data, _binding(table, row, column))
        return f"{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, table: str, row: str, column: str) -> str:
        return self.open_bytes(sealed, table=table, row=row, column=column).decode()

    def open_bytes(self, sealed: str, *, table: str, row: str, column: str) -> bytes:
        key_id, _, encoded = sealed.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen(f"{table}.{column} of {row} was sealed with the key {key_id}, which is not there")
        try:
            data = base64.urlsafe_b64decode(encoded)
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _binding(table, row, column))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(f"{table}.{column} of {row} was not sealed there, or was changed") from error

    def is_current(self, sealed: str) -> bool:
        """False for what should be sealed again after the key was changed."""
        return sealed.partition(".")[0] == self._current

    def derive(self, purpose: str) -> bytes:
        """A key for another purpose (signing cookies) that says nothing about this one."""
        return _derived(self._current_key, purpose)


def _binding(table: str, row: str, column: str) -> bytes:
    return json.dumps([table, row, column]).encode()


# --- where the key comes from ----------------------------------------------------------------------------------------


def load_key(
    *,
    secret_key: str | None,
    data_dir: Path,
    use_keyring: bool,
    has_sealed: bool,
    old_secret_keys: Sequence[str] = (),
) -> Sealer:
    """Makes a key at the first start. Raises KeyUnavailable rather than making one when ``has_sealed`` says that sealed
    values exist already: they would be lost without a word.

    Keys of before (``old_secret_keys``, the data folder's own) open what they sealed; new values get the current one.
    """
    place = data_dir / "keys" / "data.key"
    given = [_derived(secret.encode(), "sealing") for secret in (secret_key, *old_secret_keys) if secret]
    stored = _stored_key(place)
    if stored is None and not secret_key:
        stored = _made_key(place, use_keyring=use_keyring, has_sealed=has_sealed)
    ordered = [*given, stored] if secret_key or stored is None else [stored, *given]
    keys = {key_id(key): key for key in ordered if key is not None}
    return Sealer(keys, current=next(iter(keys)))


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"socialclaw key id" + key).hexdigest()[:8]


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"socialclaw {purpose}".encode()).derive(secret)


def _stored_key(place: Path) -> bytes | None:
    """The key the data folder remembers: written out, or the name of the keyring entry that holds it."""
    if not place.exists():
        return None
    _refuse_readable_by_others(place)
    kept = _read_complete(place)
    if not kept.startswith("keyring:"):
        return _key_of(kept, place)
    found = _in_keyring(lambda ring: ring.get_password(KEYRING_SERVICE, kept.removeprefix("keyring:")))
    if not found:
        raise KeyUnavailable("The system keyring that holds the data key does not answer. Unlock it and start again.")
    return _key_of(found, place)


def _made_key(place: Path, *, use_keyring: bool, has_sealed: bool) -> bytes:
    if has_sealed:
        raise KeyUnavailable(
            f"There are sealed values, but their key is gone: {place} is missing. Restore that file, or set "
            "SOCIALCLAW_SECRET_KEY to the value it had."
        )
    key = secrets.token_bytes(KEY_BYTES)
    entry = secrets.token_hex(8)
    kept = f"keyring:{entry}" if use_keyring and _keep_in_keyring(entry, key.hex()) else key.hex()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.parent.chmod(0o700)
    try:
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _stored_key(place) or key  # another process started at the same moment: its key counts
    with os.fdopen(file, "w") as writer:
        writer.write(kept + "\n")
        writer.flush()
        os.fsync(writer.fileno())
    return key


def _read_complete(place: Path) -> str:
    """Another process may be about to write it: between its creation and its line lie microseconds."""
    for _ in range(20):
        text = place.read_text()
        if text.endswith("\n"):
            return text.strip()
        time.sleep(0.05)
    raise KeyUnavailable(f"{place} is incomplete. Restore it from a backup, or delete it if nothing was connected yet.")


def _key_of(text: str, place: Path) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"The data key that {place} names is damaged. Restore it from a backup.")
    return key


def _refuse_readable_by_others(place: Path) -> None:
    if os.name == "nt":
        return  # the user's profile is private there, and modes mean nothing
    for path in (place, place.parent):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnavailable(f"Other users can read {path}. Run: chmod go-rwx {path}")


# --- the system keyring ----------------------------------------------------------------------------------------------


class _Ring(Protocol):
    @property
    def priority(self) -> float: ...
    def get_password(self, service: str, username: str, /) -> str | None: ...
    def set_password(self, service: str, username: str, password: str, /) -> None: ...


def _keep_in_keyring(entry: str, value: str) -> bool:
    """Whether the keyring took the value and gives it back."""

    def keep(ring: _Ring) -> str | None:
        if ring.priority < 1:
            return None  # the stand-ins that hold nothing or say no
        ring.set_password(KEYRING_SERVICE, entry, value)
        return ring.get_password(KEYRING_SERVICE, entry)

    return _in_keyring(keep) == value


def _in_keyring(ask: Callable[[_Ring], str | None]) -> str | None:
    """None when the keyring fails or does not answer in time. A thread left waiting does not keep the program alive."""
    answers: list[str | None] = []

    def work() -> None:
        with suppress(Exception):  # every backend raises errors of its own; all of them mean that there is no keyring
            answers.append(ask(cast("_Ring", keyring.get_keyring())))

    thread = threading.Thread(target=work, daemon=True, name="keyring")
    thread.start()
    thread.join(KEYRING_SECONDS)
    return answers[0] if answers else None


# --- secrets that are only compared ----------------------------------------------------------------------------------


def hash_secret(secret: str) -> str:
    """For tokens of ``new_token``: too random to guess, so a fast hash will do. Not for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)
