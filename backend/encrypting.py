"""Files for networks that take them encrypted: AES-256-CBC with PKCS #7 padding, made piece by piece while they are sent."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from providers.contract import EncryptedBytes

BLOCK = 16

Ends: TypeAlias = dict[tuple[int, str, str, int], bytes]
"""The last block before a place in an encrypted file, by position, key, vector and place: all it takes to go on there."""


async def encrypted(
    piece: EncryptedBytes, stop: int, read: Callable[[int, int], AsyncIterator[bytes]], ends: Ends
) -> AsyncIterator[bytes]:
    """The bytes from ``piece.start`` to ``stop``; ``read`` gives those of the plain file.

    Each block depends on the one before. A part begins where another was seen to end; after a restart, when nobody has
    seen that, what stands before it is encrypted again and thrown away.
    """
    begin = max((place for *file, place in ends if file == _file(piece) and place <= piece.start), default=0)
    previous = ends[piece.position, piece.key, piece.iv, begin] if begin else base64.b64decode(piece.iv)
    cipher = Cipher(AES256(base64.b64decode(piece.key)), CBC(previous)).encryptor()
    blocks = -(-stop // BLOCK) * BLOCK
    at = begin
    async for plain in _padded(piece.size, begin, blocks, read):
        made = cipher.update(plain)
        if made:
            previous, after = made[-BLOCK:], at + len(made)
            wanted = made[max(0, piece.start - at) : max(0, stop - at)]
            at = after
            if wanted:
                yield wanted
    ends[piece.position, piece.key, piece.iv, at] = previous


def _file(piece: EncryptedBytes) -> list[int | str]:
    return [piece.position, piece.key, piece.iv]


async def _padded(
    size: int, start: int, stop: int, read: Callable[[int, int], AsyncIterator[bytes]]
) -> AsyncIterator[bytes]:
    """A plain file with its padding behind it. ``stop`` is at a block."""
    if start < size:
        async for chunk in read(start, min(stop, size)):
            yield chunk
    if stop > size:
        missing = BLOCK - size % BLOCK
        yield bytes([missing]) * missing
