"""Messages that were valid before their bytes were damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random


def flip_bits(part: bytes, random: Random) -> bytes:
    """Flip one to eight bits."""
    damaged = bytearray(part)
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(len(part))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def set_bytes(part: bytes, random: Random) -> bytes:
    """Set one to eight bytes to values at the ends of number ranges."""
    damaged = bytearray(part)
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(len(part))] = random.choice((0x00, 0x01, 0x7F, 0x80, 0xFF))
    return bytes(damaged)


def truncate(part: bytes, random: Random) -> bytes:
    """Cut the end off."""
    return part[: random.randrange(len(part))]


def insert(part: bytes, random: Random) -> bytes:
    """Insert up to 16 arbitrary bytes."""
    place = random.randrange(len(part) + 1)
    return part[:place] + random.randbytes(random.randint(1, 16)) + part[place:]


def splice(part: bytes, random: Random) -> bytes:
    """Write one stretch of the part over another."""
    length = random.randint(1, max(1, len(part) // 4))
    start, place = (random.randrange(len(part) - length + 1) for _ in range(2))
    return part[:place] + part[start : start + length] + part[place + length :]


def garble(part: bytes, random: Random) -> bytes:
    """Replace everything by arbitrary bytes of the same number."""
    return random.randbytes(len(part))


DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip_bits,
    set_bytes,
    truncate,
    insert,
    splice,
    garble,
)


def damage(message: Sequence[bytes], random: Random) -> list[bytes]:
    """Return `message` with one part damaged or, one time in ten, a part left out or doubled."""
    parts = list(message)
    place = random.randrange(len(parts))
    if random.random() < 0.1:
        parts[place : place + 1] = [parts[place]] * random.choice((0, 2))
        return parts or [b""]
    if parts[place]:
        parts[place] = random.choice(DAMAGES)(parts[place], random)
    return parts
