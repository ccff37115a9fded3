"""The LogLine: nine mandatory fields, what is signed of them, and their lifecycle.

Source: "The LogLine Protocol" (LogLine Paper I), sections II to IV. Pure.
"""

from logos_graph.logline.commitment import Action, Commitment, parse_commitment
from logos_graph.logline.intent import (
    MAX_INTENT_BYTES,
    Intent,
    SignedIntent,
    parse_intent,
    parse_ledger_id,
    parse_nonce,
    parse_signed_intent,
    sign_intent,
    verify_intent,
    verify_recorded_intent,
)
from logos_graph.logline.logline import FIELDS, LogLine, parse_logline, parse_verb_name
from logos_graph.logline.status import TRANSITIONS, Status, advance
from logos_graph.logline.when import MAX_NS, format_when, parse_when

__all__ = [
    "FIELDS",
    "MAX_INTENT_BYTES",
    "MAX_NS",
    "TRANSITIONS",
    "Action",
    "Commitment",
    "Intent",
    "LogLine",
    "SignedIntent",
    "Status",
    "advance",
    "format_when",
    "parse_commitment",
    "parse_intent",
    "parse_ledger_id",
    "parse_logline",
    "parse_nonce",
    "parse_signed_intent",
    "parse_verb_name",
    "parse_when",
    "sign_intent",
    "verify_intent",
    "verify_recorded_intent",
]
