"""Verbs: the words a LogLine's `did` may hold, each with its risk and the schema of `this`.

A verb of the product is a file, schemas/verbs/<name>.schema.json; a verb of the user is registered
by the verb `verb.register` and bound to a flow. Both are parsed here, by the same rules.

    name, docs    the word, and what it does
    risk          "L0" … "L5"
    schema        JSON Schema 2020-12 of `this` (schema.py says which part of it); its `examples`
                  fit it, if it has any
    flow          id of the flow that it runs; null or left out for the product's own verbs, and for
                  one of the user's that is only recorded
    effect        "record", "graph" or "flow" (`EffectKind`); it follows from name and flow, so it
                  may be left out, and is refused if it says otherwise
    idempotent    whether the same `this` once more changes nothing further; left out: false
    amount        JSON pointer into `this` to what the act is about in numbers (amounts.py); null or
                  left out for none
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Never, cast

from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator

from logos_graph.canon import ContentId, Json, parse_content_id
from logos_graph.errors import LogosError, Rejected
from logos_graph.governance.amounts import amount_of, check_pointer
from logos_graph.governance.formats import FORMATS
from logos_graph.governance.integers import find_long_integer
from logos_graph.governance.schema import build_validator
from logos_graph.governance.shape import Shape
from logos_graph.logline import parse_verb_name

__all__ = [
    "MAX_DOCS_LENGTH",
    "RESERVED_FAMILIES",
    "EffectKind",
    "Risk",
    "Verb",
    "check_registrable",
    "check_this",
    "examples_of",
    "parse_verb",
]

MAX_DOCS_LENGTH: Final = 2000
"""Characters of a verb's docs."""
RESERVED_FAMILIES: Final = frozenset(
    {"principal", "node", "flow", "capability", "lock", "owner"}
    | {"policy", "verb", "consent", "token", "run", "effect", "supervisor"}
    | {"escalation"}
    | {"alarm", "breaker", "rate"}
)
"""First segments of the product's own verbs; nobody may register a verb of such a name."""

_FIELDS: Final = frozenset({"name", "docs", "risk", "schema"})
_OPTIONAL: Final = frozenset({"flow", "effect", "idempotent", "amount"})
_RUNS: Final = frozenset({"flow.run", "run.fork"})
"""The product's own verbs that run a flow, which `this` names."""


class EffectKind(StrEnum):
    """What an act of a verb does beside being recorded with its receipt."""

    RECORD = "record"
    """Nothing: a verb of the user's that is bound to no flow."""
    GRAPH = "graph"
    """It changes what the graph holds, as a verb of the product's."""
    FLOW = "flow"
    """It runs a flow. What that reaches outside, the grants of its nodes say."""

    @classmethod
    def of(cls, name: str, flow: ContentId | None) -> EffectKind:
        """That of a verb of this name, bound to this flow."""
        if flow is not None or name in _RUNS:
            return cls.FLOW
        return cls.GRAPH if name.partition(".")[0] in RESERVED_FAMILIES else cls.RECORD


class Risk(StrEnum):
    """How much an act puts at stake (LogLine Paper I); from L3 up consent is always required."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"

    @property
    def level(self) -> int:
        """The number policy sees as `context.risk`."""
        return int(self.value[1])

    @property
    def needs_consent(self) -> bool:
        """Whether no policy can allow the act without another principal's consent."""
        return self.level >= 3


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb, its schema checked and compiled once.

    schema: JSON Schema of `this`; not to be changed after the verb was made.
    flow: the flow that submitting the verb runs; None for the product's own verbs, and for one that
        is only recorded.
    idempotent: whether the same `this` once more changes nothing further.
    amount: where `this` has the amount of an act; None for verbs without one.

    Raises (when made): Rejected E_VERB_SCHEMA, E_VERB_PATTERN.
    """

    name: str
    docs: str
    risk: Risk
    schema: dict[str, Json]
    flow: ContentId | None = None
    idempotent: bool = False
    amount: str | None = None
    validator: Validator = field(init=False, repr=False, compare=False)
    shape: Shape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "validator", build_validator(self.schema))
        object.__setattr__(self, "shape", Shape.of(self.schema))

    @property
    def effect(self) -> EffectKind:
        """What it does beside being recorded."""
        return EffectKind.of(self.name, self.flow)

    def rebinds(self, known: Verb) -> bool:
        """Whether it is the known one but for its flow, and both have one."""
        if known.flow is None or self.flow in (None, known.flow):
            return False
        return {**known.to_json(), "flow": None} == {**self.to_json(), "flow": None}

    def to_json(self) -> dict[str, Json]:
        """The form of the ledger's `verb` mutation; `parse_verb` reads it back."""
        amount: dict[str, Json] = {} if self.amount is None else {"amount": self.amount}
        return amount | {
            "name": self.name,
            "docs": self.docs,
            "risk": self.risk.value,
            "schema": self.schema,
            "flow": self.flow,
            "effect": self.effect.value,
            "idempotent": self.idempotent,
        }


def parse_verb(value: Json) -> Verb:
    """A verb from its file or from the ledger; what may be left out may be null, too.

    Raises:
        Rejected: E_VERB_FORM (fields), E_VERB_RISK, E_VERB_EFFECT, E_VERB_SCHEMA, E_VERB_PATTERN,
            E_VERB_AMOUNT.
        InvalidInput: E_VERB, the name.
    """
    if not isinstance(value, dict) or set(value) - _OPTIONAL != _FIELDS:
        _refuse(
            "E_VERB_FORM",
            "a verb has exactly the fields name, docs, risk and schema",
            hint="it may have " + ", ".join(sorted(_OPTIONAL)),
        )
    name = parse_verb_name(value["name"])
    docs, schema, flow = value["docs"], value["schema"], value.get("flow")
    if not isinstance(docs, str) or not docs or len(docs) > MAX_DOCS_LENGTH:
        _refuse("E_VERB_FORM", f"the docs of {name} must be 1 to {MAX_DOCS_LENGTH} characters")
    if value["risk"] not in tuple(Risk):
        _refuse("E_VERB_RISK", f"the risk of {name} must be one of {', '.join(Risk)}")
    if not isinstance(schema, dict):
        _refuse("E_VERB_SCHEMA", f"the schema of {name} must be an object")
    if flow is not None:
        try:
            flow = parse_content_id(flow)
        except LogosError as error:
            raise Rejected(
                "E_VERB_FORM", f"the flow of {name} must be a flow's id or null"
            ) from error
    idempotent = value.get("idempotent")
    if idempotent is not None and not isinstance(idempotent, bool):
        _refuse("E_VERB_FORM", f"whether {name} is idempotent must be true or false")
    amount = check_pointer(value.get("amount"))
    verb = Verb(name, docs, Risk(str(value["risk"])), schema, flow, idempotent is True, amount)
    _check_effect(verb, value.get("effect"))
    return verb


def _check_effect(verb: Verb, told: Json) -> None:
    if told not in (None, verb.effect):
        _refuse(
            "E_VERB_EFFECT",
            f"the effect of {verb.name} is {verb.effect}, not {_show(told)}",
            hint="one that is bound to a flow runs it, one that is bound to none is only recorded",
        )


def check_registrable(verb: Verb) -> None:
    """Refuses a user's verb that would take the name of one of the product's own (or a future one).

    Without this, registering `policy.activate` anew with risk L0 would take its consent away.

    And one whose examples do not fit its own schema.

    Raises:
        Rejected: E_VERB_RESERVED, E_VERB_EXAMPLE.
    """
    family = verb.name.partition(".")[0]
    if family in RESERVED_FAMILIES:
        _refuse(
            "E_VERB_RESERVED",
            f"{verb.name} cannot be registered: the names {family}.… are the product's own",
            hint="choose another first word",
        )
    for number, example in enumerate(examples_of(verb), 1):
        try:
            check_this(verb, example)
        except Rejected as misfit:
            _refuse("E_VERB_EXAMPLE", f"example {number} of {verb.name}: {misfit.message}")


def examples_of(verb: Verb) -> list[Json]:
    """What its schema gives as examples of `this`."""
    examples = verb.schema.get("examples")
    return examples if isinstance(examples, list) else []


def check_this(verb: Verb, this: Json) -> None:
    """Checks an intent's payload against its verb.

    Raises:
        Rejected: E_THIS_SCHEMA with `data["path"]` (JSON path) and `data["expected"]`;
            E_THIS_AMOUNT likewise (JSON pointer).
    """
    long_integer = find_long_integer(this)
    if long_integer is not None:
        _misfit(verb, long_integer, "an integer that fits 64 bits")
    error = best_match(verb.validator.iter_errors(this))
    if error is not None:
        _misfit(verb, error.json_path, _expected(error))
    if isinstance(this, dict):
        amount_of(verb.amount, this)


def _misfit(verb: Verb, where: str, expected: str) -> Never:
    path = _clip(where, 200)
    raise Rejected(
        "E_THIS_SCHEMA",
        f"`this` does not fit the verb {verb.name}: at {path} expected {expected}",
        hint=f"`logos verb show {verb.name}` prints what it takes",
        verb=verb.name,
        path=path,
        expected=expected,
    )


def _expected(error: ValidationError) -> str:
    """What the schema wanted, in words; never the value itself, which may be large or secret."""
    keyword, value = str(error.validator), cast(Any, error.validator_value)
    match keyword:
        case "type":
            return " or ".join(value) if isinstance(value, list) else str(value)
        case "required" if isinstance(error.instance, dict):
            return "the property " + _names(name for name in value if name not in error.instance)
        case "additionalProperties" if isinstance(error.instance, dict):
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return "no property " + _names(name for name in error.instance if name not in known)
        case "enum":
            return "one of " + _names(value)
        case "format":
            return FORMATS[value][1]
        case "pattern":
            return f"text that matches {value}"
        case "anyOf" | "oneOf":
            return (
                f"a value that fits {'exactly one' if keyword == 'oneOf' else 'one'} of the forms"
            )
        case "uniqueItems":
            return "items that all differ"
        case _:
            return f"{keyword} {_show(value)}"


def _names(values: Any) -> str:
    shown = [_show(value) for value in values]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")


def _show(value: object) -> str:
    return _clip(repr(value), 80)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _refuse(code: str, message: str, *, hint: str = "") -> Never:
    raise Rejected(code, message, hint=hint)
