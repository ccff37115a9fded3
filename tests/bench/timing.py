"""How the benchmarks take time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Figures = dict[str, float]
"""Each a flat name and a number; unit in the name (ms, us, per_s)."""


def timed(work: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(times: list[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]
