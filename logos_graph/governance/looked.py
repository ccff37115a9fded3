"""What a rule looks at: the parts of the request that it names, with the values they had.

Read from Cedar's JSON form of the rule, so that it is what the engine evaluates, not how the text
happens to be written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import cedarpy

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.governance.cedar import Rule
from logos_graph.governance.policy import Policy

__all__ = ["looked_at", "roles_named", "without"]


def looked_at(rule: Rule, seen: Mapping[str, Json]) -> list[tuple[str, Json]]:
    """The paths below `context` that a rule names, each with its value; None where there is none.

    seen: the context by name, `this` and `risk` among it.
    """
    paths = set(_paths(_form(rule)))
    longest = [path for path in paths if not any(_goes_on(other, path) for other in paths)]
    return [(".".join(path), _value(seen, path)) for path in sorted(longest)]


def roles_named(policy: Policy) -> list[str]:
    """Every role that a policy speaks of, sorted."""
    return sorted({role for rule in policy.rules for role in _roles(_form(rule))})


def without(policy: Policy, rules: frozenset[str]) -> Policy | None:
    """The policy with these rules left out; None if that permits nothing at all."""
    kept = [rule.text for rule in policy.rules if rule.id not in rules]
    try:
        return Policy("\n".join(kept))
    except LogosError:
        return None


def _form(rule: Rule) -> Any:
    form = json.loads(cedarpy.policies_to_json_str(rule.text))
    (body,) = form["staticPolicies"].values()
    return body


def _paths(form: Any) -> Iterator[tuple[str, ...]]:
    """Every chain of attributes that begins at `context`."""
    for part in _parts(form):
        for word in (".", "has"):
            if isinstance(part.get(word), dict):
                path = _chain({word: part[word]})
                if path:
                    yield path


def _chain(form: Any) -> tuple[str, ...]:
    """The attributes of one chain, from `context` on; none if it begins elsewhere."""
    names: list[str] = []
    while isinstance(form, dict):
        if form.get("Var") == "context":
            return tuple(reversed(names))
        inner = form.get(".") or form.get("has")
        if not isinstance(inner, dict) or "attr" not in inner:
            break
        names.append(str(inner["attr"]))
        form = inner["left"]
    return ()


def _roles(form: Any) -> Iterator[str]:
    for part in _parts(form):
        if part.get("type") == "Role" and isinstance(part.get("id"), str):
            yield part["id"]


def _parts(form: Any) -> Iterator[dict[str, Any]]:
    """Every object in the form."""
    unread = [form]
    while unread:
        part = unread.pop()
        if isinstance(part, dict):
            yield part
            unread.extend(part.values())
        elif isinstance(part, list):
            unread.extend(part)


def _goes_on(longer: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(longer) > len(path) and longer[: len(path)] == path


def _value(seen: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    value: Any = seen
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    found: Json = value
    return found
