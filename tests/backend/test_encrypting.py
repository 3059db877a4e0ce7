"""Files that are encrypted while they are sent: in parts, whichever part comes first, and again after a crash."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Collection

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.encrypting import Ends, encrypted
from providers.contract import EncryptedBytes, Part, Request, encrypted_size

from .test_http import Memory, arrived

KEY, IV = bytes(range(32)), bytes(range(16))
PIECE = EncryptedBytes(0, base64.b64encode(KEY).decode(), base64.b64encode(IV).decode(), size=0)


def expected(plain: bytes) -> bytes:
    padder, cipher = PKCS7(128).padder(), Cipher(AES256(KEY), CBC(IV)).encryptor()
    return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()


class Plain:
    """A file that counts how much of it was read."""

    def __init__(self, content: bytes, chunk: int) -> None:
        self.content, self.chunk, self.read_bytes = content, chunk, 0

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        for at in range(start, stop, self.chunk):
            made = self.content[at : min(at + self.chunk, stop)]
            self.read_bytes += len(made)
            yield made


async def part(file: Plain, start: int, stop: int, ends: Ends) -> bytes:
    piece = EncryptedBytes(0, PIECE.key, PIECE.iv, len(file.content), start, stop)
    return b"".join([chunk async for chunk in encrypted(piece, stop, file.read, ends)])


async def parts(file: Plain, size: int, ends: Ends, again: Collection[int] = ()) -> list[bytes]:
    """All of them in order, some sent twice."""
    whole = encrypted_size(len(file.content))
    return [
        await part(file, start, min(start + size, whole), ends)
        for number, start in enumerate(range(0, whole, size))
        for _ in range(2 if number in again else 1)
    ]


@settings(deadline=None)
@given(
    plain=st.binary(max_size=200),
    chunk=st.integers(1, 70),
    size=st.integers(1, 90),
    again=st.sets(st.integers(0, 20)),
)
def test_parts_are_those_of_the_whole_encrypted_file(plain: bytes, chunk: int, size: int, again: set[int]) -> None:
    whole = expected(plain)
    wanted = [whole[start : start + size] for start in range(0, len(whole), size)]
    twice = [one for number, one in enumerate(wanted) for _ in range(2 if number in again else 1)]

    assert asyncio.run(parts(Plain(plain, chunk), size, {}, again)) == twice


@settings(deadline=None)
@given(plain=st.binary(max_size=200), chunk=st.integers(1, 70), start=st.integers(0, 200), size=st.integers(1, 90))
def test_a_part_is_the_same_when_nobody_saw_those_before_it(plain: bytes, chunk: int, start: int, size: int) -> None:
    whole = expected(plain)
    start = min(start, len(whole) - 1)
    stop = min(start + size, len(whole))

    assert asyncio.run(part(Plain(plain, chunk), start, stop, {})) == whole[start:stop]


def test_a_part_goes_on_where_the_one_before_it_ended_and_only_else_begins_at_the_front() -> None:
    plain = bytes(1000)
    steady, restarted = Plain(plain, 64), Plain(plain, 64)

    asyncio.run(parts(steady, 256, {}))
    asyncio.run(part(restarted, 768, 1008, {}))

    assert (steady.read_bytes, restarted.read_bytes) == (1000, 1000)


def test_a_part_arrives_encrypted_and_with_its_length_announced() -> None:
    film = bytes(range(256)) * 9
    piece = EncryptedBytes(0, PIECE.key, PIECE.iv, len(film), 1024, None)
    request = Request("POST", "/upload", parts=[Part("action", "ADD"), Part("file", piece, filename="part")])

    _, headers, body = arrived(request, Memory(film))

    assert int(headers["content-length"]) == len(body)
    assert b"\r\n\r\n" + expected(film)[1024:] + b"\r\n" in body


def test_neither_key_nor_vector_stands_in_what_is_printed() -> None:
    assert PIECE.key not in repr(PIECE)
    assert PIECE.iv not in repr(PIECE)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17])
def test_padding_fills_a_block_or_adds_one(size: int) -> None:
    assert encrypted_size(size) == len(expected(bytes(size)))
