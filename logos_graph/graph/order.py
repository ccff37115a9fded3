"""The topological order of placements, or the cycle that prevents one."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from logos_graph.errors import Rejected

__all__ = ["topological_order"]


def topological_order(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Each name after all that feed it; among those that are ready, the least name first.

    Iterative (Kahn), so that a deep graph costs no stack; O((names + edges) · log names).
    Raises Rejected E_FLOW_CYCLE, which names the nodes of one cycle in order.
    """
    targets: dict[str, list[str]] = {name: [] for name in names}
    waiting = dict.fromkeys(targets, 0)
    for source, target in edges:
        targets[source].append(target)
        waiting[target] += 1
    ready = [name for name, count in waiting.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for target in targets[name]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, target)
    if len(order) < len(targets):
        _refuse_cycle(targets, {name for name, count in waiting.items() if count})
    return tuple(order)


def _refuse_cycle(targets: Mapping[str, list[str]], left: set[str]) -> None:
    """Name one cycle: each name that is left has a source that is left, so walking back repeats."""
    source_of: dict[str, str] = {}
    for name in sorted(left, reverse=True):
        for target in targets[name]:
            if target in left:
                source_of[target] = name
    seen: dict[str, int] = {}
    walk: list[str] = []
    name = min(left)
    while name not in seen:
        seen[name] = len(walk)
        walk.append(name)
        name = source_of[name]
    cycle = [*reversed(walk[seen[name] :])]
    first = cycle.index(min(cycle))
    cycle = cycle[first:] + cycle[:first]
    shown = [*cycle, cycle[0]] if len(cycle) <= 20 else [*cycle[:20], "…", cycle[0]]
    raise Rejected(
        "E_FLOW_CYCLE",
        f"the flow has a cycle: {' -> '.join(shown)}",
        hint="a flow runs once from its inputs to its outputs; remove one of these edges",
        nodes=cycle,
    )
