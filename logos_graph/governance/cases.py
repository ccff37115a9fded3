"""A table of cases kept beside a policy: who asks for what, and what must be decided.

A TOML file, run by `logos policy test FILE` without a database:

    policy = "policy.cedar"              # beside this file
    verbs = ["transfer.verb.json"]       # beside this file; the product's own verbs are there too

    [principals]                         # the roles that everybody in the table holds
    bot = ["agent"]
    ann = ["treasury"]

    [context]                            # what policy sees of the ledger, where a case says nothing
    alarms = 0

    [[case]]
    name = "a small transfer goes through"
    who = "bot"
    verb = "transfer"
    this = { amount = "10.00" }
    context = { alarms = 2 }             # over [context], part by part
    consents = ["ann"]                   # given already
    outcome = "ALLOW"                    # ALLOW, REQUIRE or DENY
    rules = ["agents-may-transfer"]      # every rule that decided it, in any order

What is expected beside `outcome` and `rules` is compared where a case says it: for a REQUIRE `role`
and `quorum`, for a DENY `reason`. A payload that does not fit its verb is an error of the table,
not a case: it never reaches a policy. A consent that nobody in the table could give is a denial, as
at the gate, so a table names those who hold the roles.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

from logos_graph.canon import Json, encode
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.governance.decision import Outcome
from logos_graph.governance.seen import SEEN

__all__ = ["Case", "CaseTable", "Expected", "parse_cases"]

_HINT: Final = "docs/policy.md, Test, shows a table of cases"
MAX_CASES: Final = 10_000
_TABLE: Final = frozenset({"policy", "verbs", "principals", "context", "case"})
_CASE: Final = frozenset({"name", "who", "verb", "this", "context", "consents"})
_EXPECTED: Final = frozenset({"outcome", "rules", "role", "quorum", "reason"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be decided. rules: sorted. more: further members of the decision, by name."""

    outcome: Outcome
    rules: tuple[str, ...]
    more: Mapping[str, Json]

    def differences(self, decision: Mapping[str, Json]) -> list[str]:
        """In what a decision (its form in the ledger) is another, in words; none if in nothing."""
        rules = decision["policies"]
        found = sorted(map(str, rules)) if isinstance(rules, list) else []
        told = {
            "outcome": (self.outcome.value, decision["outcome"]),
            "rules": ([*self.rules], found),
            **{name: (value, _told(decision, name)) for name, value in self.more.items()},
        }
        return [
            f"{name}: expected {_shown(wanted)}, decided {_shown(made)}"
            for name, (wanted, made) in told.items()
            if wanted != made
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One row. who and consents: names of the table's principals."""

    name: str
    who: str
    verb: str
    this: dict[str, Json]
    context: Mapping[str, Json]
    consents: tuple[str, ...]
    expected: Expected


@dataclass(frozen=True, slots=True)
class CaseTable:
    """A parsed table. policy, verbs: paths as the file has them, from where the file is."""

    policy: str
    verbs: tuple[str, ...]
    principals: Mapping[str, frozenset[str]]
    cases: tuple[Case, ...]


def parse_cases(text: str) -> CaseTable:
    """The table in a file.

    Raises:
        InvalidInput: E_CASES_SYNTAX, no TOML; E_CASES, a member is missing, unknown or no such
            thing, with `data["case"]` where it is a case's.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(
            "E_CASES_SYNTAX", f"the table of cases is no TOML: {error}", hint=_HINT
        ) from error
    _check_names("", table, _TABLE, required={"policy", "principals", "case"})
    principals = {
        name: frozenset(_texts("", f"principals.{name}", roles))
        for name, roles in _table("", "principals", table["principals"]).items()
    }
    shared = _context("", table)
    rows = table["case"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_CASES:
        _refuse("", f"there must be 1 to {MAX_CASES} cases, each a [[case]]")
    cases = tuple(_case(number, row, shared, principals) for number, row in enumerate(rows, 1))
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            _refuse(name, "two cases have this name")
    return CaseTable(
        _text("", "policy", table["policy"]),
        tuple(_texts("", "verbs", table.get("verbs", []))),
        principals,
        cases,
    )


def _case(
    number: int, row: Any, shared: Mapping[str, Json], principals: Mapping[str, frozenset[str]]
) -> Case:
    name = f"case {number}"
    row = _table(name, "case", row)
    if isinstance(row.get("name"), str):
        name = row["name"]
    needed = {"name", "who", "verb", "outcome", "rules"}
    _check_names(name, row, _CASE | _EXPECTED, required=needed)
    who, consents = (
        _text(name, "who", row["who"]),
        _texts(name, "consents", row.get("consents", [])),
    )
    for each in (who, *consents):
        if each not in principals:
            _refuse(name, f"{each!r} is not among [principals]")
    outcome = row["outcome"]
    if outcome not in tuple(Outcome):
        _refuse(name, f"outcome must be one of {', '.join(Outcome)}")
    more = {key: row[key] for key in ("role", "quorum", "reason") if key in row}
    rules = tuple(sorted(_texts(name, "rules", row["rules"])))
    return Case(
        name=_text(name, "name", row["name"]),
        who=who,
        verb=_text(name, "verb", row["verb"]),
        this=_table(name, "this", row.get("this", {})),
        context={**shared, **_context(name, row)},
        consents=tuple(consents),
        expected=Expected(Outcome(outcome), rules, more),
    )


def _told(decision: Mapping[str, Json], name: str) -> Json:
    """A member of a decision; of a quorum its number, or its kind where it has none."""
    found = decision.get(name)
    if name != "quorum" or not isinstance(found, dict):
        return found
    return found.get("k", found.get("kind"))


def _check_names(
    case: str, found: Mapping[str, Any], known: frozenset[str], *, required: set[str]
) -> None:
    missing, unknown = sorted(required - found.keys()), sorted(found.keys() - known)
    if missing:
        _refuse(case, f"{missing[0]} is missing")
    if unknown:
        _refuse(case, f"{unknown[0]!r} is unknown; there are {', '.join(sorted(known))}")


def _table(case: str, name: str, value: Any) -> dict[str, Any]:
    """A table whose values the ledger could hold: no floats, no dates."""
    if not isinstance(value, dict):
        _refuse(case, f"{name} must be a table")
    try:
        encode(value)
    except (LogosError, TypeError) as error:
        _refuse(case, f"{name} holds what no LogLine can: {error}")
    return value


def _context(case: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What policy sees of the ledger there: some of SEEN, a record whole."""
    context = _table(case, "context", found.get("context", {}))
    _check_names(case, context, frozenset(SEEN), required=set())
    for name, value in context.items():
        members = SEEN[name].get("attributes")
        if members is not None:
            _check_names(case, _table(case, name, value), frozenset(members), required={*members})
    return context


def _texts(case: str, name: str, value: Any) -> Sequence[str]:
    if not isinstance(value, list):
        _refuse(case, f"{name} must be an array of texts")
    return [_text(case, name, each) for each in value]


def _text(case: str, name: str, value: Any) -> str:
    return value if isinstance(value, str) and value else _refuse(case, f"{name} must be a text")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else str(value)


def _refuse(case: str, why: str) -> Never:
    where = f"the case {case!r}" if case else "the table of cases"
    raise InvalidInput("E_CASES", f"{where}: {why}", hint=_HINT, case=case or None)
