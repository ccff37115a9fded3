"""When a placement runs, as a condition over thresholds; and what can be proved from conditions.

A condition is a box: for some ports, the parts of the port's values for which the placement runs;
every port must agree. A placement's condition is the conjunction, over its inputs, of the condition
of the input's source and the threshold on the edge. An input with several exclusive sources runs
on either: the boxes are joined, exactly where one lies in another or two of them differ in one port
only, and otherwise to the box around them, which is then marked as not exact.

An input of an option type asks for nothing: where no value reaches it, it reads as none. Only a
placement with no other inputs needs one of them fed, so its condition is the join of theirs.

A box is always *necessary* for its placement to run. So two placements whose boxes have no common
value at some port never run together (`exclusive`). An exact box is also *sufficient*: an exact box
without any need says that the placement always runs.

Conditions are immutable and shared: a placement without a threshold of its own has its source's
object, so a large flow with few thresholds has few conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logos_graph.errors import Rejected
from logos_graph.graph.flow import Endpoint
from logos_graph.graph.parts import Parts, intersection, subset, union
from logos_graph.graph.thresholds import Threshold, domain

__all__ = ["ALWAYS", "MAX_NEEDS", "Condition", "both", "either", "exclusive", "narrow"]

MAX_NEEDS = 64
"""Most ports that one placement's condition may speak of."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A box: for each port, the parts its value must lie in. Without needs: always."""

    needs: Mapping[Endpoint, Parts]
    exact: bool

    @property
    def always(self) -> bool:
        """Whether it is proved to hold in every run that does not fail."""
        return self.exact and not self.needs


ALWAYS = Condition({}, exact=True)


def narrow(condition: Condition, port: Endpoint, when: Threshold | None) -> Condition:
    """The condition of the port's placement and the threshold on the port."""
    if when is None:
        return condition
    narrowed = both(condition, Condition({port: when.parts}, exact=True))
    assert narrowed is not None  # no placement's condition speaks of a port of its own
    return narrowed


def both(first: Condition, second: Condition) -> Condition | None:
    """The conjunction; None when no run can meet it. Raises Rejected E_FLOW_CONDITIONS."""
    if first is second or second == ALWAYS:
        return first
    if first == ALWAYS:
        return second
    needs = dict(first.needs)
    for port, parts in second.needs.items():
        known = needs.get(port)
        if known is None:
            needs[port] = parts
        elif known != parts:
            common = intersection(known, parts)
            if not common:
                return None
            needs[port] = common
    if len(needs) > MAX_NEEDS:
        raise Rejected(
            "E_FLOW_CONDITIONS",
            f"a placement depends on more than {MAX_NEEDS} thresholds at once",
            hint="join branches again before the next decision, or nest a flow",
            limit=MAX_NEEDS,
        )
    exact = first.exact and second.exact
    if needs == first.needs and exact == first.exact:
        return first
    return Condition(needs, exact)


def either(alternatives: Sequence[Condition], domains: Mapping[Endpoint, Threshold]) -> Condition:
    """The join of at least one alternative; they need not exclude each other.

    domains: for each port with a threshold, one of its thresholds, which knows the port's type.
    """
    boxes: list[Condition] = []
    for alternative in alternatives:
        box, at = alternative, 0
        while at < len(boxes):
            joined = _join(box, boxes[at], domains)
            if joined is None:
                at += 1
            else:  # a larger box may be joined with those that were passed
                del boxes[at]
                box, at = joined, 0
        boxes.append(box)
    return boxes[0] if len(boxes) == 1 else _hull(boxes, domains)


def exclusive(first: Condition, second: Condition) -> bool:
    """Whether no run can meet both: at some port they have no value in common."""
    return any(
        port in second.needs
        and parts is not second.needs[port]
        and not intersection(parts, second.needs[port])
        for port, parts in first.needs.items()
    )


def _within(inner: Condition, outer: Condition) -> bool:
    """Whether the one box lies in the other: what they tell of exactness is another matter."""
    return all(
        port in inner.needs and subset(inner.needs[port], parts)
        for port, parts in outer.needs.items()
    )


def _join(
    first: Condition, second: Condition, domains: Mapping[Endpoint, Threshold]
) -> Condition | None:
    """The union of two boxes when it is a box again.

    It is when one lies in the other, whose exactness then decides, for the union holds nothing that
    the larger does not; or when they differ in one port.
    """
    if _within(first, second) and not (first.exact and _within(second, first)):
        return second
    if _within(second, first):
        return first
    if first.needs.keys() != second.needs.keys():
        return None
    different = [port for port, parts in first.needs.items() if parts != second.needs[port]]
    if len(different) > 1:
        return None
    needs = dict(first.needs)
    for port in different:
        _widen(needs, port, second.needs[port], domains)
    return Condition(needs, first.exact and second.exact)


def _hull(boxes: Sequence[Condition], domains: Mapping[Endpoint, Threshold]) -> Condition:
    """The smallest box around all; it also holds runs that none of them does."""
    needs: dict[Endpoint, Parts] = {}
    for port, parts in boxes[0].needs.items():
        if all(port in box.needs for box in boxes):
            needs[port] = parts
            for box in boxes[1:]:
                if port in needs:
                    _widen(needs, port, box.needs[port], domains)
    return Condition(needs, exact=False)


def _widen(
    needs: dict[Endpoint, Parts],
    port: Endpoint,
    parts: Parts,
    domains: Mapping[Endpoint, Threshold],
) -> None:
    """Unite a need with further parts, dropping it when every value of the port is in."""
    united = union(needs[port] + parts)
    if united == (domain(domains[port].type),):
        del needs[port]
    else:
        needs[port] = united
