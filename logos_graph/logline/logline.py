"""The nine fields: who, did, this, when, confirmed_by, if_ok, if_doubt, if_not, status.

Every field is mandatory, none may be added. Each refusal names the field in `data["field"]`.
Source: LogLine Paper I, section II.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from logos_graph.canon import Json, shown
from logos_graph.errors import InvalidInput
from logos_graph.identity import Did, parse_did
from logos_graph.logline.commitment import Commitment, parse_commitment
from logos_graph.logline.status import Status
from logos_graph.logline.when import format_when, parse_when

__all__ = ["FIELDS", "MAX_VERB_LENGTH", "LogLine", "parse_logline", "parse_verb_name"]

FIELDS = ("who", "did", "this", "when", "confirmed_by", "if_ok", "if_doubt", "if_not", "status")
"""The nine, in the paper's order."""

MAX_VERB_LENGTH = 64

_T = TypeVar("_T")

_VERB = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One statement of an act.

    who: the actor. did: the verb's name. this: the payload, a JSON object, not to be changed after.
    when: nanoseconds since the epoch. confirmed_by: who consented, null in the signed form.
    if_ok, if_doubt, if_not: the commitments. status: see `status.py`.
    """

    who: Did
    did: str
    this: dict[str, Json]
    when: int
    confirmed_by: Did | None
    if_ok: Commitment
    if_doubt: Commitment
    if_not: Commitment
    status: Status

    @property
    def json(self) -> dict[str, Json]:
        """The nine fields as JSON; `parse_logline` gives an equal LogLine back."""
        return {
            "who": self.who,
            "did": self.did,
            "this": self.this,
            "when": format_when(self.when),
            "confirmed_by": self.confirmed_by,
            "if_ok": self.if_ok.text,
            "if_doubt": self.if_doubt.text,
            "if_not": self.if_not.text,
            "status": self.status.value,
        }


def parse_logline(value: Json) -> LogLine:
    """The LogLine that a JSON object is, exactly.

    Raises InvalidInput with `data["field"]`: E_MISSING_FIELD, E_UNKNOWN_FIELD, E_FIELD_TYPE, and
    for a field of the right type with a wrong text E_DID, E_KEY, E_VERB, E_WHEN, E_COMMITMENT,
    E_STATUS.
    """
    if not isinstance(value, dict):
        raise InvalidInput("E_FIELD_TYPE", "a LogLine is a JSON object", field="logline")
    for field in FIELDS:
        if field not in value:
            raise InvalidInput(
                "E_MISSING_FIELD",
                f"the LogLine has no field {field}",
                hint="All nine are mandatory: " + ", ".join(FIELDS) + ".",
                field=field,
            )
    if len(value) > len(FIELDS):
        field = min(value.keys() - set(FIELDS))
        raise InvalidInput(
            "E_UNKNOWN_FIELD",
            f"a LogLine has no field {field!a:.80}",
            hint="What an act is about goes into this.",
            field=field,
        )
    this = value["this"]
    if not isinstance(this, dict):
        _refuse_type("this", "an object", this)
    confirmed_by = value["confirmed_by"]
    return LogLine(
        who=_text(value, "who", parse_did),
        did=_text(value, "did", parse_verb_name),
        this=this,
        when=_text(value, "when", parse_when),
        confirmed_by=None if confirmed_by is None else _text(value, "confirmed_by", parse_did),
        if_ok=_text(value, "if_ok", parse_commitment),
        if_doubt=_text(value, "if_doubt", parse_commitment),
        if_not=_text(value, "if_not", parse_commitment),
        status=_text(value, "status", _parse_status),
    )


def parse_verb_name(text: object) -> str:
    """The name of a verb: `transfer`, `node.publish`. Raises InvalidInput E_VERB."""
    if not isinstance(text, str) or len(text) > MAX_VERB_LENGTH or _VERB.fullmatch(text) is None:
        raise InvalidInput(
            "E_VERB",
            f"{shown(text, 100)} is not the name of a verb",
            hint="Lower-case words of letters, digits and _, joined by dots: node.publish.",
        )
    return text


def _parse_status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise InvalidInput(
            "E_STATUS",
            f"{text!a:.80} is not a status",
            hint="It is one of " + ", ".join(Status) + ".",
        ) from None


def _text(value: dict[str, Json], field: str, parse: Callable[[str], _T]) -> _T:
    """One text field, parsed; a refusal gets the field's name."""
    text = value[field]
    if not isinstance(text, str):
        _refuse_type(field, "a string", text)
    try:
        return parse(text)
    except InvalidInput as error:
        error.data["field"] = field
        raise


def _refuse_type(field: str, expected: str, found: Json) -> NoReturn:
    raise InvalidInput(
        "E_FIELD_TYPE",
        f"the LogLine's field {field} is {expected}, not a {type(found).__name__}",
        field=field,
        expected=expected,
    )
