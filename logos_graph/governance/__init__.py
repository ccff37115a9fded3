"""Governance: the verbs there are, and what policy says to each act. Pure.

What the gate uses, and the files that hold it:

    parse_verb, check_this       a verb's schema judges the payload   verbs, schema, pattern
    Policy(text).judge(request)  Cedar judges the act                 policy, cedar, request
    refuse_lockout               a policy nobody could replace        lockout
    KOfN, resolve_signers        consents are counted                 quorum
    check_consent                each is bound to one question        consent
    Allow | Require | Deny       the answer, as the ledger keeps it   decision
"""

from logos_graph.governance.cedar import DEFAULT_REQUIREMENT, Requirement, Rule
from logos_graph.governance.consent import (
    Consent,
    Consenter,
    Waiting,
    check_consent,
    parse_consent,
)
from logos_graph.governance.decision import (
    Allow,
    Decision,
    Deny,
    DenyReason,
    Outcome,
    Require,
    parse_decision,
)
from logos_graph.governance.lockout import refuse_lockout
from logos_graph.governance.policy import Policy
from logos_graph.governance.quorum import Consents, KOfN, resolve_signers
from logos_graph.governance.request import Request
from logos_graph.governance.verbs import (
    RESERVED_FAMILIES,
    EffectKind,
    Risk,
    Verb,
    check_registrable,
    check_this,
    examples_of,
    parse_verb,
)

__all__ = [
    "DEFAULT_REQUIREMENT",
    "RESERVED_FAMILIES",
    "Allow",
    "Consent",
    "Consenter",
    "Consents",
    "Decision",
    "Deny",
    "DenyReason",
    "EffectKind",
    "KOfN",
    "Outcome",
    "Policy",
    "Request",
    "Require",
    "Requirement",
    "Risk",
    "Rule",
    "Verb",
    "Waiting",
    "check_consent",
    "check_registrable",
    "check_this",
    "examples_of",
    "parse_consent",
    "parse_decision",
    "parse_verb",
    "refuse_lockout",
    "resolve_signers",
]
