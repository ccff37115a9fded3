"""edwards25519 in whole numbers, slow and plain: makes what no library would (RFC 8032, 5.1)."""

from __future__ import annotations

from hashlib import sha512

Point = tuple[int, int]

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
NEUTRAL: Point = (0, 1)
_D = -121665 * pow(121666, -1, P) % P


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    t = _D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - t, -1, P)
    return x % P, y % P


def multiply(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _even_x(y: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return x if x % 2 == 0 else P - x


def _base() -> Point:
    y = 4 * pow(5, -1, P) % P
    x = _even_x(y)
    assert x is not None
    return x, y


def _torsion() -> Point:
    """A point of order 8."""
    for y in range(2, 100):
        x = _even_x(y)
        if x is not None:
            point = multiply(ORDER, (x, y))
            if multiply(4, point) != NEUTRAL:
                return point
    raise AssertionError("a hundred points, and none of full order")


BASE = _base()
SMALL = [multiply(k, _torsion()) for k in range(8)]
"""The eight points of small order, the neutral one first."""


def sign(secret: int, message: bytes, *, key: bytes, nonce: int, shift: Point = NEUTRAL) -> bytes:
    """An Ed25519 signature whose R is moved by a point of small order."""
    r = encode(add(multiply(nonce, BASE), shift))
    k = int.from_bytes(sha512(r + key + message).digest(), "little")
    return r + ((nonce + k * secret) % ORDER).to_bytes(32, "little")
