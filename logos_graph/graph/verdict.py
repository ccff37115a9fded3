"""What was proved of a flow, as it is stored with it: a pure function of the flow, part of no id.

    {"covered":   [{"parts": [threshold, …], "port", "type"}, …],   ports with thresholds
     "empty":     [output, …],                                     outputs that may stay empty
     "exclusive": [{"port", "sources": [port, …]}, …],             inputs with several sources
     "runs":      [{"placements": [name, …], "when"}, …]}          all that do not always run

A placement that no condition names runs in every run. A condition that begins with `when` is exact;
with `only when` it is necessary, but not proved to suffice. Each is written once, with all the
placements that share it, and the whole may take MAX_VERDICT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logos_graph.canon import Json, encode
from logos_graph.errors import Rejected
from logos_graph.graph.conditions import Condition
from logos_graph.graph.flow import INPUT, Edge, Endpoint
from logos_graph.graph.thresholds import Threshold

__all__ = ["MAX_VERDICT", "make_verdict"]

MAX_VERDICT = 2 * 1024 * 1024
"""Most bytes that the verdict of one flow may take."""


def make_verdict(
    covered: Mapping[Endpoint, Sequence[Threshold]],
    incoming: Mapping[Endpoint, Sequence[Edge]],
    placements: Mapping[str, Condition],
    outputs: Mapping[str, Condition],
) -> dict[str, Json]:
    """The verdict in its JSON form. covered: the parts of each port with thresholds.

    Raises Rejected E_FLOW_CONDITIONS when it would be too long.
    """
    verdict: dict[str, Json] = {
        "covered": [
            {
                "parts": [part.json for part in covered[port]],
                "port": str(port),
                "type": covered[port][0].type.id,
            }
            for port in sorted(covered)
        ],
        "empty": [name for name in sorted(outputs) if not outputs[name].always],
        "exclusive": [
            {"port": str(port), "sources": [str(edge.source) for edge in incoming[port]]}
            for port in sorted(incoming)
            if len(incoming[port]) > 1
        ],
        "runs": _runs({port: parts[0] for port, parts in covered.items()}, placements),
    }
    if len(encode(verdict, max_bytes=_UNBOUNDED)) > MAX_VERDICT:
        raise _too_long()
    return verdict


_UNBOUNDED = 1 << 40  # what goes in is bounded, by the flow file and by `_runs`


def _runs(domains: Mapping[Endpoint, Threshold], placements: Mapping[str, Condition]) -> list[Json]:
    """The conditions other than always, each with its placements; in the order of their texts."""
    told: dict[int, str] = {}  # conditions are shared objects: each is written once
    groups: dict[str, list[Json]] = {}
    size = 0
    for name in sorted(placements):
        condition = placements[name]
        if condition.always or name == INPUT:
            continue
        text = told.get(id(condition))
        if text is None:
            text = told[id(condition)] = _text(condition, domains)
            size += len(text)
            if size > MAX_VERDICT:
                raise _too_long()
        groups.setdefault(text, []).append(name)
    return [{"placements": groups[text], "when": text} for text in sorted(groups)]


def _text(condition: Condition, domains: Mapping[Endpoint, Threshold]) -> str:
    """`when score.total: below 30; check.ok: true`."""
    if not condition.needs:
        return "only when one of its ways is taken"
    needs = (
        f"{port}: {Threshold(domains[port].type, condition.needs[port]).text}"
        for port in sorted(condition.needs)
    )
    return f"{'when' if condition.exact else 'only when'} {'; '.join(needs)}"


def _too_long() -> Rejected:
    return Rejected(
        "E_FLOW_CONDITIONS",
        f"what is to be proved of the flow takes over {MAX_VERDICT} bytes to write down",
        hint="join branches again before the next decision, or nest a flow",
        limit=MAX_VERDICT,
    )
