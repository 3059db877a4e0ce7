from __future__ import annotations

import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import pytest

from backend import sealing
from backend.sealing import CannotOpen, KeyUnavailable, Sealer, hash_secret, key_id, load_key, new_token

PLACE = {"table": "connections", "row": "con_1", "column": "credential"}
KEYS = {"old": b"o" * 32, "new": b"n" * 32}
SECRET = "a secret of more than thirty-two characters"


# --- sealing ---------------------------------------------------------------------------------------------------------


def test_a_value_opens_where_it_was_sealed() -> None:
    sealer = Sealer(KEYS, "new")

    sealed = sealer.seal("tökén", **PLACE)

    assert sealer.open(sealed, **PLACE) == "tökén"
    assert sealer.open_bytes(sealer.seal(b"\x00\xff", **PLACE), **PLACE) == b"\x00\xff"
    assert "tökén" not in sealed
    assert sealed.startswith("new.")


def test_the_same_value_is_never_sealed_alike() -> None:
    sealer = Sealer(KEYS, "new")

    assert len({sealer.seal("token", **PLACE) for _ in range(50)}) == 50


@pytest.mark.parametrize("moved", [{"table": "accounts"}, {"row": "con_2"}, {"column": "other"}])
def test_a_value_moved_to_another_place_does_not_open(moved: dict[str, str]) -> None:
    sealer = Sealer(KEYS, "new")

    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal("token", **PLACE), **{**PLACE, **moved})


def test_places_are_not_run_together() -> None:
    sealer = Sealer(KEYS, "new")

    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal("token", table="ab", row="c", column="d"), table="a", row="bc", column="d")


@pytest.mark.parametrize("damage", ["", "new", "new.", "new.!!!", "new.AAAA", "other.AAAA"])
def test_what_was_never_sealed_does_not_open(damage: str) -> None:
    with pytest.raises(CannotOpen):
        Sealer(KEYS, "new").open(damage, **PLACE)


def test_a_changed_byte_is_noticed() -> None:
    sealer = Sealer(KEYS, "new")
    data = bytearray(base64.urlsafe_b64decode(sealer.seal("token", **PLACE).partition(".")[2]))
    data[15] ^= 1

    with pytest.raises(CannotOpen):
        sealer.open("new." + base64.urlsafe_b64encode(data).decode(), **PLACE)


def test_values_of_an_old_key_open_and_are_told_to_be_sealed_again() -> None:
    sealed = Sealer({"old": KEYS["old"]}, "old").seal("token", **PLACE)
    rotated = Sealer(KEYS, "new")

    assert rotated.open(sealed, **PLACE) == "token"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal("token", **PLACE))


def test_a_missing_key_is_named_but_no_key_is_shown() -> None:
    sealed = Sealer(KEYS, "old").seal("token", **PLACE)

    with pytest.raises(CannotOpen, match="key old"):
        Sealer({"new": KEYS["new"]}, "new").open(sealed, **PLACE)
    assert repr(Sealer(KEYS, "new")) == "Sealer(current='new')"


def test_keys_for_other_purposes_differ() -> None:
    sealer = Sealer(KEYS, "new")

    assert len({sealer.derive("cookies"), sealer.derive("uploads"), KEYS["new"]}) == 3
    assert sealer.derive("cookies") == Sealer(KEYS, "new").derive("cookies")


# --- where the key comes from ----------------------------------------------------------------------------------------


def load(folder: Path, **changes: Any) -> Sealer:
    given: dict[str, Any] = {"secret_key": None, "data_dir": folder, "use_keyring": False, "has_sealed": False}
    return load_key(**(given | changes))


def reopened(first: Sealer, second: Sealer) -> bool:
    return second.open(first.seal("token", **PLACE), **PLACE) == "token"


def test_the_key_is_derived_from_the_setting(tmp_path: Path) -> None:
    assert reopened(load(tmp_path / "a", secret_key=SECRET), load(tmp_path / "b", secret_key=SECRET, has_sealed=True))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CannotOpen):
        reopened(load(tmp_path, secret_key=SECRET), load(tmp_path, secret_key=SECRET + "!"))


def test_a_new_setting_opens_what_an_old_one_sealed(tmp_path: Path) -> None:
    old = load(tmp_path, secret_key=SECRET)

    rotated = load(tmp_path, secret_key="new " + SECRET, old_secret_keys=[SECRET])

    assert reopened(old, rotated)
    assert not rotated.is_current(old.seal("x", **PLACE))


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load(tmp_path / "data")

    assert reopened(first, load(tmp_path / "data", has_sealed=True))
    place = tmp_path / "data" / "keys" / "data.key"
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_with_a_key_file_opens_its_values_after_a_setting_was_given(tmp_path: Path) -> None:
    with_file = load(tmp_path)

    with_setting = load(tmp_path, secret_key=SECRET, has_sealed=True)

    assert reopened(with_file, with_setting)
    assert not with_setting.is_current(with_file.seal("x", **PLACE))


def test_no_new_key_is_made_over_sealed_values(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match=r"data\.key is missing"):
        load(tmp_path, has_sealed=True)
    with pytest.raises(KeyUnavailable):
        load(tmp_path, has_sealed=True, old_secret_keys=[SECRET])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="modes mean nothing there")
@pytest.mark.parametrize(("name", "mode"), [("data.key", 0o640), (".", 0o755)])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    load(tmp_path)
    (tmp_path / "keys" / name).chmod(mode)

    with pytest.raises(KeyUnavailable, match="chmod"):
        load(tmp_path)


@pytest.mark.parametrize("content", ["nonsense\n", "abcd\n", "\n"])
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    load(tmp_path)
    (tmp_path / "keys" / "data.key").write_text(content)

    with pytest.raises(KeyUnavailable, match="damaged"):
        load(tmp_path)


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def starting(_: int) -> Sealer:
        start.wait()
        return load(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        sealers = list(pool.map(starting, range(8)))

    assert all(reopened(sealers[0], sealer) for sealer in sealers)


# --- the keyring -----------------------------------------------------------------------------------------------------


class Ring(keyring.backend.KeyringBackend):
    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class Locked(Ring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")

    set_password = get_password  # type: ignore[assignment]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    ring = Ring()
    use(monkeypatch, ring)
    return ring


def use(monkeypatch: pytest.MonkeyPatch, ring: keyring.backend.KeyringBackend) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)


def test_the_keyring_holds_the_key_and_the_folder_only_its_name(tmp_path: Path, ring: Ring) -> None:
    first = load(tmp_path, use_keyring=True)

    assert reopened(first, load(tmp_path, use_keyring=True, has_sealed=True))
    (key,) = ring.entries.values()
    kept = (tmp_path / "keys" / "data.key").read_text()
    assert kept.startswith("keyring:")
    assert key not in kept
    assert first.is_current(f"{key_id(bytes.fromhex(key))}.x")


def test_two_folders_have_two_keys(tmp_path: Path, ring: Ring) -> None:
    load(tmp_path / "a", use_keyring=True)
    load(tmp_path / "b", use_keyring=True)

    assert len(set(ring.entries.values())) == 2


@pytest.mark.parametrize("broken", [Locked(), keyring.backends.fail.Keyring()])
def test_without_a_usable_keyring_a_file_holds_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: keyring.backend.KeyringBackend
) -> None:
    use(monkeypatch, broken)

    first = load(tmp_path, use_keyring=True)

    assert reopened(first, load(tmp_path, use_keyring=True, has_sealed=True))


def test_a_file_goes_on_holding_the_key_when_a_keyring_appears(tmp_path: Path, ring: Ring) -> None:
    first = load(tmp_path)

    assert reopened(first, load(tmp_path, use_keyring=True))
    assert ring.entries == {}


def test_a_keyring_that_is_locked_later_stops_the_start(
    tmp_path: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tmp_path, use_keyring=True)
    use(monkeypatch, Locked())

    with pytest.raises(KeyUnavailable, match="Unlock"):
        load(tmp_path, use_keyring=True)


def test_a_keyring_that_asks_on_screen_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    class Asking(Ring):
        def set_password(self, service: str, username: str, password: str) -> None:
            answered.wait()

    use(monkeypatch, Asking())
    monkeypatch.setattr(sealing, "KEYRING_SECONDS", 0.05)

    first = load(tmp_path, use_keyring=True)

    answered.set()
    assert reopened(first, load(tmp_path))


# --- secrets that are only compared ----------------------------------------------------------------------------------


def test_tokens_are_long_and_their_hashes_compare() -> None:
    token = new_token()

    assert len(token) >= 43
    assert token != new_token()
    assert hash_secret(token) == hash_secret(token)
    assert len(hash_secret(token)) == 64
    assert token not in hash_secret(token)
