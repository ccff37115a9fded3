"""Sets of ordinals as disjoint, sorted, non-adjacent half-open intervals: one form for each set.

Every function is linear in the intervals that it is given, but for the sorting of a union.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

__all__ = ["Parts", "holds", "intersection", "ordinals", "rest", "subset", "union"]

Parts: TypeAlias = tuple[tuple[int, int], ...]
"""Intervals `low <= ordinal < high`."""


def holds(parts: Parts, ordinal: int) -> bool:
    """Whether the ordinal is in one of them."""
    return any(low <= ordinal < high for low, high in parts)


def ordinals(parts: Parts) -> Iterator[int]:
    """Every ordinal in them, in order; for the small sets of cases."""
    for low, high in parts:
        yield from range(low, high)


def union(intervals: Iterable[tuple[int, int]]) -> Parts:
    """What any of these intervals holds; they may be in any order and overlap."""
    united: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], high))
        else:
            united.append((low, high))
    return tuple(united)


def intersection(first: Parts, second: Parts) -> Parts:
    """What both hold."""
    common: list[tuple[int, int]] = []
    one = other = 0
    while one < len(first) and other < len(second):
        low = max(first[one][0], second[other][0])
        high = min(first[one][1], second[other][1])
        if low < high:
            common.append((low, high))
        if first[one][1] < second[other][1]:
            one += 1
        else:
            other += 1
    return tuple(common)


def rest(parts: Parts, whole: tuple[int, int]) -> Parts:
    """What of the whole they do not hold."""
    at, end = whole
    missing: list[tuple[int, int]] = []
    for low, high in parts:
        if low > at:
            missing.append((at, low))
        at = high
    if at < end:
        missing.append((at, end))
    return tuple(missing)


def subset(parts: Parts, of: Parts) -> bool:
    """Whether the second hold all that the first hold."""
    return parts == of or intersection(parts, of) == parts
